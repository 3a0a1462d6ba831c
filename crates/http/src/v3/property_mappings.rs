//! What property mappings of all kinds have in common: they are listed, found, made, changed and deleted alike.

mod filter;
mod read;

use scimitar_api::{Paginated, PropertyMapping, TypeCreate};
use scimitar_domain::{Mapping, MappingFields, MappingId, MappingKind};
use scimitar_store::mappings;

use crate::app::App;
use crate::body::Body;
use crate::error::{ApiError, Model};
use crate::fields::Mode;
use crate::params::Params;
use crate::{page, path_key};

/// Mappings of one kind, or of all kinds.
#[derive(Clone, Copy)]
pub(super) struct Shelf {
    pub(super) kind: Option<MappingKind>,
    pub(super) model: Model,
}

impl Shelf {
    pub(super) async fn page<T>(
        self,
        app: &App,
        params: &Params,
        show: fn(PropertyMapping) -> T,
    ) -> Result<Paginated<T>, ApiError> {
        let filter = filter::read(params, self.kind);
        let request = page::request(params, app.page_size_cap)?;
        let found = app
            .store
            .read(move |conn| {
                filter::check(conn, &filter)?;
                mappings::page(conn, &filter, &request).map_err(ApiError::from)
            })
            .await?;
        let shown = found.rows.iter().map(mapping).map(show).collect();
        Ok(page::paginated(&found, shown))
    }

    pub(super) async fn find(self, app: &App, id: &str) -> Result<Mapping, ApiError> {
        let id = MappingId(path_key::uuid(id)?);
        let found = app.store.read(move |conn| mappings::find(conn, id)).await?;
        self.own(found)
    }

    pub(super) async fn delete(self, app: &App, id: &str) -> Result<(), ApiError> {
        let id = MappingId(path_key::uuid(id)?);
        let now = app.clock.now();
        app.store
            .write(move |conn| {
                self.own(mappings::find(conn, id)?)?;
                mappings::delete(conn, id, now).map_err(ApiError::from)
            })
            .await
    }

    /// The stored mapping is read, changed and written in one unit, so that no two changes undo each other. The
    /// expression is parsed before, because nobody else writes meanwhile.
    pub(super) async fn change(
        self,
        app: &App,
        id: &str,
        body: Body,
        mode: Mode,
    ) -> Result<PropertyMapping, ApiError> {
        let id = MappingId(path_key::uuid(id)?);
        let syntax = body.object().ok().and_then(|given| read::syntax(&given));
        let now = app.clock.now();
        let changed = app
            .store
            .write(move |conn| {
                let stored = self.own(mappings::lock(conn, id)?)?;
                let draft = read::read(&body.object()?, mode, stored.fields, syntax.as_deref());
                let fields = draft.settled(conn, Some(id))?;
                mappings::update(conn, id, fields, now).map_err(ApiError::from)
            })
            .await?;
        Ok(mapping(&changed))
    }

    /// Mappings of all kinds share their keys; one of another kind is none here.
    fn own(self, found: Option<Mapping>) -> Result<Mapping, ApiError> {
        found
            .filter(|found| self.kind.is_none_or(|kind| found.kind == kind))
            .ok_or(ApiError::NoMatch(self.model))
    }
}

pub(super) async fn create(app: &App, kind: MappingKind, body: &Body) -> Result<PropertyMapping, ApiError> {
    let given = body.object()?;
    let syntax = read::syntax(&given);
    let draft = read::read(&given, Mode::Create, MappingFields::default(), syntax.as_deref());
    let id = MappingId(app.ids.uuid());
    let created = app
        .store
        .write(move |conn| {
            let fields = draft.settled(conn, None)?;
            mappings::insert(conn, id, kind, fields).map_err(ApiError::from)
        })
        .await?;
    Ok(mapping(&created))
}

/// A mapping as the list of all kinds shows it.
pub(super) fn mapping(mapping: &Mapping) -> PropertyMapping {
    let of_kind = kind(mapping.kind);
    let model = match mapping.kind {
        MappingKind::Provider => "authentik_providers_scim.scimmapping",
        MappingKind::Source => "authentik_sources_scim.scimsourcepropertymapping",
    };
    PropertyMapping {
        pk: mapping.id.0,
        managed: mapping.fields.managed.clone(),
        name: mapping.fields.name.clone(),
        expression: mapping.fields.expression.clone(),
        component: of_kind.component,
        verbose_name_plural: format!("{}s", of_kind.name),
        verbose_name: of_kind.name,
        meta_model_name: model.to_owned(),
    }
}

/// A kind, as something that can be made.
pub(super) fn kind(kind: MappingKind) -> TypeCreate {
    let (name, description, component, model_name) = match kind {
        MappingKind::Provider => (
            "SCIM Provider Mapping",
            "Shapes the users or groups that a SCIM provider sends",
            "ak-property-mapping-provider-scim-form",
            "scimmapping",
        ),
        MappingKind::Source => (
            "SCIM Source Property Mapping",
            "Shapes what is made of the users or groups that a SCIM source receives",
            "ak-property-mapping-source-scim-form",
            "scimsourcepropertymapping",
        ),
    };
    TypeCreate {
        name: name.to_owned(),
        description: description.to_owned(),
        component: component.to_owned(),
        model_name: model_name.to_owned(),
        icon_url: None,
        requires_enterprise: false,
        deprecated: false,
    }
}
