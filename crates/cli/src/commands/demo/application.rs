//! The demo's application: a service of its own, which takes users and groups over its SCIM source.

use scimitar_domain::{Secret, SourceFields, SourceId, TokenId, UserUuid};
use scimitar_store::sources::Spare;
use scimitar_store::{StoreError, groups, sources, tokens, users};

use crate::commands::serve;
use crate::database;
use crate::first_start::{ADMIN, ADMIN_GROUP};
use crate::instance::{self, Claim};
use crate::service::Service;

use super::ground::{self, Ground};

const SLUG: &str = "demo";

pub(super) struct Application {
    pub(super) service: Service,
    /// Where it takes users and groups.
    pub(super) url: String,
    /// What whoever sends them authenticates with.
    pub(super) key: Secret<String>,
    _claim: Claim,
}

impl Application {
    pub(super) async fn start(ground: &Ground, host: Option<&str>) -> anyhow::Result<Self> {
        let config = &ground.application;
        let (listener, address) = serve::bind("127.0.0.1:0", "--listen")?;
        let (claim, installation, _) = ground::settle(config).await?;
        let (ids, keyring, now) = (&installation.ids, installation.keyring.clone(), installation.clock.now());
        let id = SourceId(ids.uuid());
        let spare = Spare { account: UserUuid(ids.uuid()), token: TokenId(ids.uuid()), key: ids.key() };
        let fields =
            SourceFields { name: "Demo".to_owned(), slug: SLUG.to_owned(), ..SourceFields::default() };
        let made = installation.store.write(move |conn| {
            // The names of its own administrator are about to come over SCIM as the directory's. A source takes over
            // nobody that it has not made.
            if let Some(admin) = users::find_by_username(conn, ADMIN)? {
                users::delete(conn, admin.pk, now)?;
            }
            if let Some(group) = groups::find_by_name(conn, ADMIN_GROUP)? {
                groups::delete(conn, group.id, now)?;
            }
            let source = sources::insert(conn, &keyring, id, &fields, &spare, now)?;
            tokens::view_key(conn, &keyring, source.token)
        });
        let key = made.await.map_err(|error: StoreError| database::explain(error, &config.database))?;
        let worker = instance::worker_name(host, ids.as_ref());
        let engine = installation.engine(config, &worker)?;
        let service = Service::start(config, &installation, engine, &worker, listener, None)?;
        let url = format!("http://{address}/source/scim/{SLUG}/v2");
        Ok(Self { service, url, key, _claim: claim })
    }
}
