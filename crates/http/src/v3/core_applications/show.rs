//! An application as the wire shows it.

use std::collections::{BTreeMap, BTreeSet};

use scimitar_api::Application as Shown;
use scimitar_domain::{Application, Provider, ProviderPk};
use scimitar_store::{Conn, Keyring, StoreError, providers};

use crate::v3::providers_scim::show::any_provider;

pub(super) fn application(
    conn: &mut Conn,
    keyring: &Keyring,
    application: &Application,
) -> Result<Shown, StoreError> {
    let providers = providers_of(conn, keyring, std::slice::from_ref(application))?;
    Ok(one(application, &providers))
}

pub(super) fn applications(
    conn: &mut Conn,
    keyring: &Keyring,
    applications: &[Application],
) -> Result<Vec<Shown>, StoreError> {
    let providers = providers_of(conn, keyring, applications)?;
    Ok(applications.iter().map(|application| one(application, &providers)).collect())
}

/// One query for the providers of all applications.
fn providers_of(
    conn: &mut Conn,
    keyring: &Keyring,
    applications: &[Application],
) -> Result<BTreeMap<ProviderPk, Provider>, StoreError> {
    let wanted =
        applications.iter().flat_map(|it| it.fields.backchannel_providers.iter().chain(&it.fields.provider));
    let wanted: BTreeSet<ProviderPk> = wanted.copied().collect();
    let found = providers::find_many(conn, keyring, &wanted.into_iter().collect::<Vec<_>>())?;
    Ok(found.into_iter().map(|provider| (provider.pk, provider)).collect())
}

fn one(application: &Application, providers: &BTreeMap<ProviderPk, Provider>) -> Shown {
    let fields = &application.fields;
    let shown = |pk: &ProviderPk| {
        let main = (fields.provider == Some(*pk)).then_some((fields.slug.as_str(), fields.name.as_str()));
        providers.get(pk).map(|provider| any_provider(provider, main))
    };
    Shown {
        pk: application.id.0,
        pbm_uuid: application.id.0,
        name: fields.name.clone(),
        slug: fields.slug.clone(),
        provider: fields.provider.map(|pk| pk.0),
        provider_obj: fields.provider.as_ref().and_then(shown),
        backchannel_providers: fields.backchannel_providers.iter().map(|pk| pk.0).collect(),
        backchannel_providers_obj: fields.backchannel_providers.iter().filter_map(shown).collect(),
        launch_url: Some(fields.meta_launch_url.clone()).filter(|url| !url.is_empty()),
        open_in_new_tab: fields.open_in_new_tab,
        meta_launch_url: fields.meta_launch_url.clone(),
        meta_icon: None,
        meta_icon_url: None,
        meta_icon_themed_urls: None,
        meta_description: fields.meta_description.clone(),
        meta_publisher: fields.meta_publisher.clone(),
        policy_engine_mode: fields.policy_engine_mode.into(),
        group: fields.group.clone(),
        meta_hide: fields.meta_hide,
    }
}
