//! Mappings of all kinds as the wire shows them.

use scimitar_api::{PropertyMapping, TypeCreate};
use scimitar_domain::Mapping;

use crate::v3::propertymappings_provider_scim as provider_scim;

pub(super) fn mapping(mapping: &Mapping) -> PropertyMapping {
    let shown = provider_scim::show(mapping);
    PropertyMapping {
        pk: shown.pk,
        managed: shown.managed,
        name: shown.name,
        expression: shown.expression,
        component: shown.component,
        verbose_name: shown.verbose_name,
        verbose_name_plural: shown.verbose_name_plural,
        meta_model_name: shown.meta_model_name,
    }
}

/// The kinds, by name.
pub(super) fn kinds() -> Vec<TypeCreate> {
    vec![provider_scim::kind()]
}
