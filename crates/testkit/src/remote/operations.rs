//! What a healthy service does with a request.

use hyper::header;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal};
use super::behaviour::{Behaviour, Echo, Etag, Uniqueness};
use super::call::{Call, Payload, Target};
use super::dice::Dice;
use super::directory::Directory;
use super::discovery;
use super::index::lookup;
use super::kind::Kind;
use super::listing;
use super::members::MemberChange;
use super::patch::Draft;
use super::shelf::Row;
use super::view::{Id, Projection, View, version};

/// The state that a request works on, and the rules for it.
pub(super) struct Service<'a> {
    pub(super) directory: &'a mut Directory,
    pub(super) behaviour: &'a Behaviour,
    pub(super) dice: &'a mut Dice,
    pub(super) base: &'a str,
}

impl Service<'_> {
    pub(super) fn serve(&mut self, call: Call) -> Answer {
        if !call.is_authorized(self.behaviour.token.as_deref()) {
            return Answer::from(Refusal::new(401, "the token is missing or wrong"))
                .with(header::WWW_AUTHENTICATE, "Bearer realm=\"fake\"");
        }
        self.route(call).unwrap_or_else(Answer::from)
    }

    fn route(&mut self, call: Call) -> Result<Answer, Refusal> {
        if let (Target::Collection(Kind::Group) | Target::One(Kind::Group, _), Some(status)) =
            (&call.target, self.behaviour.groups_missing)
        {
            return Err(Refusal::new(status, "no such endpoint"));
        }
        match (&call.target, call.method.as_str()) {
            (Target::Top(name), "GET") => self.top(name),
            (Target::Top(_) | Target::Unknown, _) => Err(Refusal::new(404, "no such endpoint")),
            (Target::Collection(kind), "GET") => {
                listing::list(self.directory, self.behaviour, self.dice, *kind, &call, self.base)
            }
            (Target::Collection(kind), "POST") => self.create(*kind, call),
            (Target::Collection(_), _) => Err(Refusal::new(405, "a collection has GET and POST")),
            (Target::One(kind, id), "GET") => self.retrieve(*kind, id, &call),
            (Target::One(kind, id), method @ ("PUT" | "PATCH" | "DELETE")) => {
                let verbs = match kind {
                    Kind::User => self.behaviour.users,
                    Kind::Group => self.behaviour.groups,
                };
                let (kind, id) = (*kind, id.clone());
                match method {
                    "PUT" if verbs.put => self.replace(kind, &id, call),
                    "PATCH" if verbs.patch => self.patch(kind, &id, call),
                    "DELETE" if verbs.delete => self.delete(kind, &id, &call),
                    _ => Err(Refusal::new(
                        self.behaviour.refused_verb_status,
                        format!("{method} is not supported"),
                    )),
                }
            }
            (Target::One(..), _) => Err(Refusal::new(405, "a resource has GET, PUT, PATCH and DELETE")),
        }
    }

    fn top(&self, name: &str) -> Result<Answer, Refusal> {
        match name {
            name if self.behaviour.discovery_path.strip_prefix('/') == Some(name) => {
                discovery::service_provider_config(self.behaviour, self.base)
            }
            "ResourceTypes" => Ok(discovery::resource_types(self.base)),
            "Schemas" => Ok(discovery::schemas()),
            _ => Err(Refusal::new(404, "no such endpoint")),
        }
    }

    fn retrieve(&self, kind: Kind, id: &str, call: &Call) -> Result<Answer, Refusal> {
        let projection = Projection::of(call, self.behaviour.hide_members);
        self.show(kind, id, 200, &projection)
    }

    fn create(&mut self, kind: Kind, call: Call) -> Result<Answer, Refusal> {
        let projection = Projection::of(&call, self.behaviour.hide_members);
        let (body, mut members) = self.read(kind, call)?;
        members.check(self.directory, self.behaviour)?;
        self.check_unique(kind, &body, None)?;
        let id = self.directory.insert(kind, body, &members.into_added());
        match self.behaviour.echo {
            Echo::Full | Echo::NoContent => self.show(kind, &id, 201, &projection),
            Echo::OnlyId => Ok(self.only_id(kind, &id, 201)),
        }
    }

    fn replace(&mut self, kind: Kind, id: &str, call: Call) -> Result<Answer, Refusal> {
        let row = self.directory.shelf(kind).get(id).ok_or_else(|| Refusal::not_found(id))?;
        self.check_version(row, &call)?;
        let projection = Projection::of(&call, self.behaviour.hide_members);
        let (body, mut members) = self.read(kind, call)?;
        members.check(self.directory, self.behaviour)?;
        self.check_unique(kind, &body, Some(id))?;
        let now = self.directory.now();
        self.directory.shelf_mut(kind).replace(id, body, now);
        members.apply(self.directory, id);
        match self.behaviour.echo {
            Echo::Full => self.show(kind, id, 200, &projection),
            Echo::OnlyId => Ok(self.only_id(kind, id, 200)),
            Echo::NoContent => Ok(self.done(kind, id)),
        }
    }

    fn patch(&mut self, kind: Kind, id: &str, call: Call) -> Result<Answer, Refusal> {
        let Some(row) = self.directory.shelf(kind).get(id) else { return Err(Refusal::not_found(id)) };
        self.check_version(row, &call)?;
        let mut draft = Draft { kind, id, body: row.body.clone(), members: MemberChange::default() };
        let projection = Projection::of(&call, self.behaviour.hide_members);
        draft.patch(&self.json(call)?, self.behaviour)?;
        let Draft { body, mut members, .. } = draft;
        check_required(kind, &body)?;
        members.check(self.directory, self.behaviour)?;
        self.check_unique(kind, &body, Some(id))?;
        let now = self.directory.now();
        self.directory.shelf_mut(kind).replace(id, body, now);
        members.apply(self.directory, id);
        match (self.behaviour.echo, kind) {
            (Echo::Full, Kind::User) => self.show(kind, id, 200, &projection),
            (Echo::OnlyId, _) => Ok(self.only_id(kind, id, 200)),
            (Echo::Full, Kind::Group) | (Echo::NoContent, _) => Ok(self.done(kind, id)),
        }
    }

    fn delete(&mut self, kind: Kind, id: &str, call: &Call) -> Result<Answer, Refusal> {
        if let Some(row) = self.directory.shelf(kind).get(id) {
            self.check_version(row, call)?;
        }
        if self.directory.remove(kind, id) { Ok(Answer::empty(204)) } else { Err(Refusal::not_found(id)) }
    }

    fn check_version(&self, row: &Row, call: &Call) -> Result<(), Refusal> {
        let Some(given) = call.header(header::IF_MATCH) else { return Ok(()) };
        match self.behaviour.etag {
            Etag::Absent | Etag::Overlooked => Ok(()),
            Etag::Kept | Etag::InHeader if given == version(row) => Ok(()),
            Etag::Kept | Etag::InHeader | Etag::Unmatched => {
                Err(Refusal::new(412, "the resource has another version"))
            }
            Etag::Refused(status) => Err(Refusal::new(status, "`If-Match` is not understood")),
        }
    }

    /// A resource from a request's body, its members apart.
    fn read(&self, kind: Kind, call: Call) -> Result<(Map<String, Value>, MemberChange), Refusal> {
        let Value::Object(mut body) = self.json(call)? else {
            return Err(Refusal::typed(400, "invalidSyntax", "a resource is an object"));
        };
        let schemas = lookup(&body, "schemas").and_then(Value::as_array);
        if !schemas.is_some_and(|schemas| schemas.iter().any(|schema| schema == kind.schema())) {
            return Err(Refusal::typed(
                400,
                "invalidSyntax",
                format!("`schemas` must have `{}`", kind.schema()),
            ));
        }
        // Read-only and write-only attributes (RFC 7643 §3.1, §4.1): ignored on input, never shown.
        for name in ["id", "meta", "password"] {
            body.shift_remove(name);
        }
        let mut members = MemberChange::default();
        match kind {
            Kind::User => {
                body.shift_remove("groups");
                if self.behaviour.fold_user_names
                    && let Some(Value::String(name)) = body.get_mut("userName")
                {
                    *name = name.to_lowercase();
                }
            }
            Kind::Group => {
                members = MemberChange::replacement(&body.shift_remove("members").unwrap_or(Value::Null))?;
            }
        }
        for name in &self.behaviour.dropped_attributes {
            body.shift_remove(name);
        }
        check_required(kind, &body)?;
        Ok((body, members))
    }

    fn json(&self, call: Call) -> Result<Value, Refusal> {
        if self.behaviour.max_body_bytes.is_some_and(|limit| call.bytes.len() > limit) {
            return Err(Refusal::new(413, "the body is too large"));
        }
        let media_type =
            call.header(header::CONTENT_TYPE).and_then(|value| value.split(';').next()).map(str::trim);
        if !media_type
            .is_some_and(|media_type| matches!(media_type, "application/scim+json" | "application/json"))
        {
            return Err(Refusal::new(415, "a body is `application/scim+json`"));
        }
        match call.payload {
            Payload::Json(value) => Ok(value),
            Payload::Absent | Payload::NotJson => {
                Err(Refusal::typed(400, "invalidSyntax", "the body is not JSON"))
            }
        }
    }

    fn check_unique(&self, kind: Kind, body: &Map<String, Value>, own: Option<&str>) -> Result<(), Refusal> {
        let Uniqueness { user_name, display_name, external_id } = self.behaviour.uniqueness;
        let shelf = self.directory.shelf(kind);
        let own = own.and_then(|id| shelf.place(id));
        let attributes = [
            (user_name && kind == Kind::User, "userName"),
            (display_name && kind == Kind::Group, "displayName"),
            (external_id, "externalId"),
        ];
        for (_, attribute) in attributes.into_iter().filter(|(is_unique, _)| *is_unique) {
            let Some(value) = lookup(body, attribute).and_then(Value::as_str) else { continue };
            let rivals = shelf.index(attribute).and_then(|index| index.find(value));
            if rivals.is_some_and(|rivals| rivals.iter().any(|at| Some(*at) != own)) {
                return Err(Refusal::typed(409, "uniqueness", format!("`{attribute}` is taken")));
            }
        }
        Ok(())
    }

    fn show(&self, kind: Kind, id: &str, status: u16, projection: &Projection) -> Result<Answer, Refusal> {
        let row = self.directory.shelf(kind).get(id).ok_or_else(|| Refusal::not_found(id))?;
        let view = View {
            kind,
            row,
            ids: self.behaviour.ids,
            base: self.base,
            projection,
            etag: self.behaviour.etag,
        };
        let answer = self.dated(kind, id, Answer::scim(status, &view));
        // RFC 7644 §3.3: the address of what was created.
        Ok(if status == 201 { answer.with(header::LOCATION, view.location()) } else { answer })
    }

    fn only_id(&self, kind: Kind, id: &str, status: u16) -> Answer {
        let answer = Answer::scim(status, &json!({ "id": Id { text: id, style: self.behaviour.ids } }));
        self.dated(kind, id, answer)
    }

    fn done(&self, kind: Kind, id: &str) -> Answer {
        self.dated(kind, id, Answer::empty(204))
    }

    /// With the version in the header, where there are any.
    fn dated(&self, kind: Kind, id: &str, answer: Answer) -> Answer {
        match self.directory.shelf(kind).get(id) {
            Some(row) if self.behaviour.etag != Etag::Absent => answer.with(header::ETAG, version(row)),
            Some(_) | None => answer,
        }
    }
}

fn check_required(kind: Kind, body: &Map<String, Value>) -> Result<(), Refusal> {
    let name = kind.required();
    match lookup(body, name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(()),
        _ => Err(Refusal::typed(400, "invalidValue", format!("`{name}` is required"))),
    }
}
