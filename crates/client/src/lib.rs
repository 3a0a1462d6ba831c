//! Outbound HTTP to one remote SCIM service.
//!
//! [`Egress`] decides where calls may go and holds the connections; [`Client`] speaks to one remote through it.
//! What went wrong is a [`ClientError`], which says itself what to do next ([`ClientError::disposition`]) and
//! whether the remote may have acted all the same ([`ClientError::may_have_happened`]).
//!
//! Invariants: no address is connected to that the guard has not admitted; redirects are never followed; the
//! remote's keys stand in no error, log line, metric or recorded exchange; every call and every scan ends.

mod address;
mod bulk;
mod certificates;
mod client;
mod credentials;
mod detail;
mod distrust;
mod egress;
mod error;
mod exchange;
mod guard;
mod issuer;
mod lookup;
pub mod metrics;
mod plain_http;
mod refusal;
mod reply;
mod retry_after;
mod shown;
mod target;
mod tls;
mod walk;
mod webhook;

pub use address::AddressClass;
pub use bulk::{Deed, Operation};
pub use certificates::{CertificateFault, Certificates};
pub use client::{Answer, Client};
pub use credentials::{ClientAuthentication, ClientCredentials, Credentials};
pub use distrust::{Distrust, Unwelcome};
pub use egress::{Egress, EgressSettings};
pub use error::{Cause, ClientError, Disposition};
pub use exchange::{Exchange, Method, Recorder, Wanted};
pub use lookup::{Scan, emails};
pub use plain_http::PlainHttp;
pub use shown::SHOWN;
pub use target::{Target, UrlFault, is_usable_id};
pub use tls::install_crypto;
pub use walk::Walk;
pub use webhook::{Notice, SigningKey};
