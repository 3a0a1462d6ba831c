//! Why a TLS handshake failed, told so that people know which side has to change what.

use std::error::Error;
use std::fmt;
use std::io;

use rustls::{AlertDescription, CertificateError};

/// Why the remote's certificate is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distrust {
    Expired,
    NotYet,
    /// Nobody who is trusted has signed it.
    Issuer,
    /// It is for another name.
    Name,
    Revoked,
    Other(String),
}

/// Why the remote did not let us in with our certificate, or without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwelcome {
    /// It asks for a certificate, and there is none.
    Required,
    Expired,
    /// It does not know who has issued ours.
    Issuer,
    Revoked,
    Other(String),
}

/// What of both a failed call shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Handshake {
    Distrust(Distrust),
    Unwelcome(Unwelcome),
}

/// The handshake's word, where it is a reason below `error`.
pub(crate) fn handshake(error: &reqwest::Error) -> Option<Handshake> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return judge(tls);
        }
        // An error of IO hides what it wraps from `source`.
        next = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

fn judge(error: &rustls::Error) -> Option<Handshake> {
    match error {
        rustls::Error::InvalidCertificate(reason) => Some(Handshake::Distrust(distrust(reason))),
        rustls::Error::AlertReceived(alert) => Some(Handshake::Unwelcome(unwelcome(*alert)?)),
        _about_the_protocol => None,
    }
}

fn distrust(reason: &CertificateError) -> Distrust {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotYet,
        CertificateError::UnknownIssuer => Distrust::Issuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Distrust::Name,
        CertificateError::Revoked => Distrust::Revoked,
        other => Distrust::Other(other.to_string()),
    }
}

/// The alerts that are about a certificate of ours (RFC 8446 §6.2).
fn unwelcome(alert: AlertDescription) -> Option<Unwelcome> {
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => Some(Unwelcome::Required),
        AlertDescription::CertificateExpired => Some(Unwelcome::Expired),
        AlertDescription::UnknownCA => Some(Unwelcome::Issuer),
        AlertDescription::CertificateRevoked => Some(Unwelcome::Revoked),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => Some(Unwelcome::Other(format!("{alert:?}"))),
        _about_the_protocol => None,
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("it has expired; it has to be renewed there"),
            Self::NotYet => f.write_str("it is not valid yet; compare the clocks of both machines"),
            Self::Issuer => f.write_str(
                "nobody who is trusted has issued it; put the certificate of its authority into `ca_certificates`",
            ),
            Self::Name => f.write_str("it is for another name; use the name that it is for in `url`"),
            Self::Revoked => f.write_str("it has been revoked; it has to be replaced there"),
            Self::Other(reason) => write!(f, "{reason}"),
        }
    }
}

impl fmt::Display for Unwelcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str(
                "it asks for a client certificate; set `client_certificate` and `client_certificate_key`",
            ),
            Self::Expired => f.write_str("our client certificate has expired; set a new one"),
            Self::Issuer => f.write_str(
                "it does not know who has issued our client certificate; set one of an authority that it trusts, with \
                 the whole chain",
            ),
            Self::Revoked => f.write_str("our client certificate has been revoked; set another one"),
            Self::Other(alert) => write!(f, "it does not accept our client certificate ({alert})"),
        }
    }
}
