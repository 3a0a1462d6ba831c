//! What users and groups of sources have in common: they are listed, found, made, changed and forgotten alike.

mod read;

use scimitar_api::Paginated;
use scimitar_domain::{InstallId, ObjectKind, SourceLink};
use scimitar_store::source_links::{self, SourceLinkFilter};
use scimitar_store::{Conn, PageRequest, StoreError, Unique};

use self::read::Draft;
use crate::app::App;
use crate::body::Body;
use crate::error::{ApiError, Model, taken};
use crate::fields::Mode;
use crate::page;

/// How the links of a page are shown.
type Show<T> = fn(&mut Conn, InstallId, &[SourceLink]) -> Result<Vec<T>, StoreError>;

/// One of the two kinds, and how it is shown.
pub(super) struct Kind<T> {
    pub(super) object: ObjectKind,
    pub(super) model: Model,
    /// What the object is called in requests.
    pub(super) field: &'static str,
    pub(super) show: Show<T>,
}

impl<T: Send + 'static> Kind<T> {
    pub(super) async fn page(
        &self,
        app: &App,
        filter: SourceLinkFilter,
        request: PageRequest,
    ) -> Result<Paginated<T>, ApiError> {
        let (kind, show, install) = (self.object, self.show, app.install);
        app.store
            .read(move |conn| {
                let found = source_links::page(conn, kind, &filter, &request)?;
                let shown = show(conn, install, &found.rows)?;
                Ok::<_, ApiError>(page::paginated(&found, shown))
            })
            .await
    }

    pub(super) async fn create(&self, app: &App, body: &Body) -> Result<T, ApiError> {
        let draft = Draft::create(&body.object()?, self.object, self.field, app.ids.uuid());
        let (one, now) = (self.one(app), app.clock.now());
        app.store
            .write(move |conn| {
                let fields = draft.settled(conn, None)?;
                let link = source_links::insert(conn, fields, now).map_err(|error| draft.explain(error))?;
                one(conn, &link)
            })
            .await
    }

    pub(super) async fn find(&self, app: &App, id: String) -> Result<T, ApiError> {
        let (kind, model, one) = (self.object, self.model, self.one(app));
        app.store
            .read(move |conn| {
                let link = source_links::find(conn, kind, &id)?.ok_or(ApiError::NoMatch(model))?;
                one(conn, &link)
            })
            .await
    }

    /// The stored link is read, changed and written in one unit, so that no two changes undo each other.
    pub(super) async fn change(&self, app: &App, id: String, body: Body, mode: Mode) -> Result<T, ApiError> {
        let (kind, model, field, one) = (self.object, self.model, self.field, self.one(app));
        let now = app.clock.now();
        app.store
            .write(move |conn| {
                let stored = source_links::lock(conn, kind, &id)?.ok_or(ApiError::NoMatch(model))?;
                let draft = Draft::change(&body.object()?, mode, field, &stored.fields);
                let fields = draft.settled(conn, Some(&id))?;
                let link =
                    source_links::update(conn, &stored, fields, now).map_err(|error| draft.explain(error))?;
                one(conn, &link)
            })
            .await
    }

    /// Forget what a source knows of an object. The object stays.
    pub(super) async fn forget(&self, app: &App, id: String) -> Result<(), ApiError> {
        let (kind, model) = (self.object, self.model);
        app.store
            .write(move |conn| {
                source_links::find(conn, kind, &id)?.ok_or(ApiError::NoMatch(model))?;
                source_links::delete(conn, kind, &id).map_err(ApiError::from)
            })
            .await
    }

    /// How a single one is shown.
    fn one(
        &self,
        app: &App,
    ) -> impl Fn(&mut Conn, &SourceLink) -> Result<T, ApiError> + Send + 'static + use<T> {
        let (show, model, install) = (self.show, self.model, app.install);
        move |conn, link| {
            let shown = show(conn, install, std::slice::from_ref(link))?;
            shown.into_iter().next().ok_or(ApiError::NoMatch(model))
        }
    }
}

/// The field and the sentence for what another link has. The object is called `field`.
fn taken_by_another(unique: Unique, kind: ObjectKind) -> (&'static str, String) {
    let (field, sentence) = taken(unique);
    // The sentences are those of users.
    let sentence = match (unique, kind) {
        (Unique::SourceLinkId | Unique::SourceLinkObject, ObjectKind::Group) => {
            sentence.replace("user", "group")
        }
        _as_it_is => sentence.to_owned(),
    };
    (field, sentence)
}
