//! A service in memory, made of nothing but this crate: what conversations are held with.

use std::collections::{BTreeMap, BTreeSet};

use scimitar_scim::filter::{Condition, Filter, Unknown};
use scimitar_scim::message::{ListPage, Paging, SearchRequest};
use scimitar_scim::patch::{Member, MemberStep, apply, read, split_members};
use scimitar_scim::projection::Projection;
use scimitar_scim::resource::{self, Attributes, Meta};
use scimitar_scim::schema::{Registry, ResourceType};
use scimitar_scim::sort::Sort;
use scimitar_scim::{Dialect, Reason, ScimError, error_body, etag};
use serde_json::{Value, json};

use crate::conversation::Request;

type Answer = (u16, Value);

pub(crate) struct Service {
    registry: Registry,
    dialect: Dialect,
    /// By id, each with its kind and version.
    resources: BTreeMap<String, Stored>,
    /// Group, then member.
    members: BTreeMap<String, BTreeMap<String, Member>>,
}

#[derive(Clone)]
struct Stored {
    kind: String,
    version: u64,
    attributes: Attributes,
}

impl Service {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let registry = Registry::standard();
        Self { registry, dialect, resources: BTreeMap::new(), members: BTreeMap::new() }
    }

    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        let segments: Vec<_> = request.path.split('/').filter(|segment| !segment.is_empty()).collect();
        let kind = segments.first().and_then(|segment| self.registry.endpoint(segment)).cloned();
        let outcome = match (kind, segments.as_slice(), &*request.method) {
            (Some(kind), [_, ".search"], "POST") => {
                SearchRequest::from_body(&request.body).and_then(|search| self.list(&kind, &search))
            }
            (Some(kind), [_], "GET") => search(&request.query).and_then(|search| self.list(&kind, &search)),
            (Some(kind), [_], "POST") => self.create(&kind, request),
            (Some(kind), [_, id], _) if self.has(&kind, id) => self.one(&kind, id, request),
            (None, ["Schemas"], "GET") => {
                Ok((200, ListPage::whole(self.registry.schema_documents(BASE)).into_value()))
            }
            _ => Ok(missing()),
        };
        outcome.unwrap_or_else(|error| (error.status(), error.body()))
    }

    fn has(&self, kind: &ResourceType, id: &str) -> bool {
        self.resources.get(id).is_some_and(|stored| stored.kind == kind.name)
    }

    fn stored(&self, id: &str) -> &Stored {
        self.resources.get(id).expect("a resource of this id")
    }

    fn one(&mut self, kind: &ResourceType, id: &str, request: &Request) -> Result<Answer, ScimError> {
        let stored = self.stored(id).clone();
        if let Some(header) = &request.if_match
            && !etag::if_match(header, &etag::weak(stored.version))
        {
            return Err(Reason::VersionMismatch.because("the resource has another version"));
        }
        let search = search(&request.query)?;
        match &*request.method {
            "GET" => {}
            "PUT" => {
                let mut incoming = resource::read(kind, request.body.clone(), &self.dialect)?;
                let members = Member::take_all(&mut incoming)?;
                let replaced = resource::replace(kind, &stored.attributes, incoming, &self.dialect)?;
                self.store(kind, id, &stored, replaced, vec![MemberStep::Clear, change(members)])?;
            }
            "PATCH" => {
                let operations = read(request.body.clone(), &self.dialect, 1000)?;
                let split = split_members(kind, operations, &self.dialect)?;
                let patched = apply(kind, &stored.attributes, split.rest, &self.dialect)?;
                let is_quiet = !split.members.is_empty() && search.attributes.is_empty();
                self.store(kind, id, &stored, patched.resource, split.members)?;
                // A group may be large: nobody reads it to add one member (RFC 7644 §3.5.2).
                if is_quiet {
                    return Ok((204, Value::Null));
                }
            }
            "DELETE" => {
                self.resources.remove(id);
                self.members.remove(id);
                self.members.values_mut().for_each(|members| drop(members.remove(id)));
                return Ok((204, Value::Null));
            }
            _ => return Ok((405, error_body(405, None, "this method is not allowed"))),
        }
        Ok((200, self.shown(kind, id, &self.projection(kind, &search)?)))
    }

    fn create(&mut self, kind: &ResourceType, request: &Request) -> Result<Answer, ScimError> {
        let search = search(&request.query)?;
        let mut attributes = resource::read(kind, request.body.clone(), &self.dialect)?;
        let members = Member::take_all(&mut attributes)?;
        let id = format!("00000000-0000-4000-8000-{:012}", self.resources.len() + 1);
        attributes.insert("id".to_owned(), json!(id));
        let stored = Stored { kind: kind.name.to_string(), version: 0, attributes: Attributes::new() };
        self.store(kind, &id, &stored, attributes, vec![change(members)])?;
        Ok((201, self.shown(kind, &id, &self.projection(kind, &search)?)))
    }

    fn store(
        &mut self,
        kind: &ResourceType,
        id: &str,
        stored: &Stored,
        mut attributes: Attributes,
        steps: Vec<MemberStep>,
    ) -> Result<(), ScimError> {
        attributes.shift_remove("password");
        let name = |attributes: &Attributes| attributes.get("userName").map(fold);
        let is_taken =
            |(other, it): (&String, &Stored)| other != id && name(&it.attributes) == name(&attributes);
        if kind.name == "User" && self.resources.iter().filter(|(_, it)| it.kind == "User").any(is_taken) {
            return Err(Reason::Uniqueness.because("`userName` is taken"));
        }
        let before = self.members.get(id).cloned().unwrap_or_default();
        let after = done(kind, before.clone(), steps)?;
        if let Some(stranger) = after.keys().find(|member| !self.resources.contains_key(*member)) {
            return Err(Reason::InvalidValue.because(format!("there is no `{stranger}`")));
        }
        // Without a change there is no new version.
        let changed = attributes != stored.attributes || after != before;
        let version = stored.version + u64::from(changed);
        let kind = stored.kind.clone();
        self.resources.insert(id.to_owned(), Stored { kind, version, attributes });
        self.members.insert(id.to_owned(), after);
        Ok(())
    }

    fn list(&self, kind: &ResourceType, search: &SearchRequest) -> Result<Answer, ScimError> {
        let filter =
            search.filter.as_deref().map(|text| Filter::parse(text, &self.dialect.rules())).transpose()?;
        let condition = filter.as_ref().map(|filter| filter.check(kind, Unknown::Refused)).transpose()?;
        let sort = search.sort_by.as_deref().map(|by| Sort::read(kind, by, search.sort_order)).transpose()?;
        let is_hit =
            |resource: &Attributes| condition.as_ref().is_none_or(|it: &Condition| it.matches(resource));
        let of_kind = self.resources.iter().filter(|(_, stored)| stored.kind == kind.name);
        let mut hits: Vec<_> =
            of_kind.map(|(id, _)| (id, self.whole(kind, id))).filter(|(_, it)| is_hit(it)).collect();
        if let Some(sort) = sort {
            hits.sort_by(|a, b| sort.compare(&sort.key(&a.1), &sort.key(&b.1)));
        }
        let start = match search.paging {
            Paging::Index(start) => start,
            Paging::Unsaid | Paging::FirstCursor | Paging::Cursor(_) => 1,
        };
        let projection = self.projection(kind, search)?;
        let size = usize::try_from(search.page_size(20, 100)).expect("a small number");
        let page = hits.iter().skip(usize::try_from(start - 1).unwrap_or(usize::MAX)).take(size);
        let resources = page.map(|(id, _)| self.shown(kind, id, &projection)).collect();
        let total = Some(hits.len() as u64);
        let page = ListPage { total, start: Some(start), resources, ..ListPage::default() };
        Ok((200, page.into_value()))
    }

    fn projection<'k>(
        &self,
        kind: &'k ResourceType,
        search: &SearchRequest,
    ) -> Result<Projection<'k>, ScimError> {
        Projection::read(kind, &search.attributes, &search.excluded_attributes, &self.dialect)
    }

    fn shown(&self, kind: &ResourceType, id: &str, projection: &Projection<'_>) -> Value {
        Value::Object(projection.apply(self.whole(kind, id)))
    }

    /// With what only the service knows.
    fn whole(&self, kind: &ResourceType, id: &str) -> Attributes {
        let stored = self.stored(id);
        let mut whole = stored.attributes.clone();
        let named = |id: &String| self.stored(id).attributes.get("userName").cloned();
        if let Some(members) = self.members.get(id).filter(|members| !members.is_empty()) {
            let members = members.keys().map(|id| json!({"value": id, "display": named(id)})).collect();
            whole.insert("members".to_owned(), members);
        }
        let groups = self.members.iter().filter(|(_, members)| members.contains_key(id));
        let groups: Vec<_> = groups.map(|(group, _)| json!({"value": group, "type": "direct"})).collect();
        if !groups.is_empty() {
            whole.insert("groups".to_owned(), Value::Array(groups));
        }
        let meta = Meta {
            resource_type: kind.name.to_string(),
            created: Some("2026-01-01T00:00:00Z".to_owned()),
            last_modified: Some("2026-01-01T00:00:00Z".to_owned()),
            location: Some(format!("{BASE}{}/{id}", kind.endpoint)),
            version: Some(etag::weak(stored.version)),
        };
        whole.insert("meta".to_owned(), meta.to_value());
        whole
    }
}

const BASE: &str = "https://scim.example/v2";

fn search(query: &BTreeMap<String, String>) -> Result<SearchRequest, ScimError> {
    SearchRequest::from_query(query.iter().map(|(name, value)| (&**name, &**value)))
}

fn missing() -> Answer {
    (404, error_body(404, None, "there is nothing here"))
}

fn fold(name: &Value) -> String {
    name.as_str().unwrap_or_default().to_lowercase()
}

fn change(add: BTreeMap<String, Member>) -> MemberStep {
    MemberStep::Change { add, remove: BTreeSet::new() }
}

fn done(
    kind: &ResourceType,
    mut members: BTreeMap<String, Member>,
    steps: Vec<MemberStep>,
) -> Result<BTreeMap<String, Member>, ScimError> {
    for step in steps {
        match step {
            MemberStep::Clear => members.clear(),
            MemberStep::Change { add, remove } => {
                members.retain(|id, _| !remove.contains(id));
                members.extend(add);
            }
            MemberStep::RemoveWhere(filter) => {
                let attribute = kind.attribute("members").expect("members");
                let condition = filter.check_element(attribute)?;
                members.retain(|id, it| !condition.matches_element(&json!({"value": id, "type": it.kind})));
            }
        }
    }
    Ok(members)
}
