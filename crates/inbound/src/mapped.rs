//! The property mappings of a source: what people make of a resource beyond what it says by itself.

use std::sync::Arc;

use scimitar_domain::{GroupFields, JsonObject, MappingId, UserFields};
use scimitar_mapping::{
    Answer, Expression, MappingError, ProviderView, Received, Scope, SourceView, Subject,
};
use scimitar_scim::resource::Attributes;
use scimitar_scim::{Reason, ResourceKind};
use scimitar_store::{StoreError, mappings};
use serde_json::{Value, json};

use crate::access::Visit;
use crate::{Inbound, InboundError, identity};

/// What the mappings of a source gave, on top of what the resource says by itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Properties(JsonObject);

impl Inbound {
    /// Evaluate the mappings in the order of their names, each of which sees what those before it gave.
    pub(crate) async fn map(
        &self,
        visit: &Visit,
        kind: ResourceKind,
        resource: &Attributes,
        external_id: Option<&str>,
    ) -> Result<Properties, InboundError> {
        if !is_mapped(visit, kind) {
            return Ok(Properties::default());
        }
        let mut data = resource.clone();
        if let Some(external_id) = external_id {
            data.insert("externalId".to_owned(), json!(external_id));
        }
        let mut properties = base(visit, kind, resource);
        let mut gave = JsonObject::new();
        for expression in self.expressions(visit, kind).await? {
            let name = expression.name.clone();
            let received =
                Received { data: data.clone(), properties: properties.clone(), source: view(visit) };
            let scope = Scope {
                subject: Subject::Received(received),
                provider: ProviderView::default(),
                connection: None,
            };
            match self.parts.mappings.evaluate_one(expression, scope).await {
                Ok(Answer::Value(Value::Object(result))) => {
                    merge(&mut properties, result.clone());
                    merge(&mut gave, result);
                }
                Ok(Answer::Value(_nothing)) => {}
                Ok(Answer::Skip) => {
                    let detail = format!("the property mapping `{name}` skips this resource");
                    return Err(Reason::InvalidValue.because(detail).into());
                }
                Err(error) => return Err(failed(name, error)),
            }
        }
        Ok(Properties(gave))
    }

    async fn expressions(&self, visit: &Visit, kind: ResourceKind) -> Result<Vec<Expression>, InboundError> {
        let (source, kind) = (visit.source.id, crate::reading::object_kind(kind));
        let found = self.parts.store.read(move |conn| mappings::of_source(conn, source, kind)).await;
        let found = found.map_err(|error: StoreError| InboundError::from(error))?;
        let expressions = found.into_iter().map(|mapping| Expression {
            id: mapping.id.0.to_string(),
            version: mapping.version,
            name: mapping.fields.name,
            source: Arc::from(mapping.fields.expression),
        });
        Ok(expressions.collect())
    }
}

impl Properties {
    pub(crate) fn put_on_user(&self, fields: &mut UserFields) {
        let text = |name: &str| self.0.get(name).and_then(Value::as_str).map(str::to_owned);
        for (name, field) in [
            ("username", &mut fields.username),
            ("name", &mut fields.name),
            ("email", &mut fields.email),
            ("path", &mut fields.path),
        ] {
            if let Some(text) = text(name) {
                *field = text;
            }
        }
        if let Some(is_active) = scimitar_scim::attribute::truth(&Value::Object(self.0.clone()), "is_active")
        {
            fields.is_active = is_active;
        }
        if let Some(kind) = text("type").and_then(|kind| kind.parse().ok()) {
            fields.kind = kind;
        }
        self.put_attributes(&mut fields.attributes);
    }

    /// Not whether the group makes superusers: that is nothing that a client may have a say in.
    pub(crate) fn put_on_group(&self, fields: &mut GroupFields) {
        if let Some(name) = self.0.get("name").and_then(Value::as_str) {
            name.clone_into(&mut fields.name);
        }
        self.put_attributes(&mut fields.attributes);
    }

    /// Objects within each other; everything else, lists too, is replaced. Lists that only ever grew would keep for
    /// ever what the client took away.
    fn put_attributes(&self, attributes: &mut JsonObject) {
        if let Some(Value::Object(given)) = self.0.get("attributes") {
            replace(attributes, given);
        }
    }
}

/// Whether anything is mapped at all.
pub(crate) fn is_mapped(visit: &Visit, kind: ResourceKind) -> bool {
    !attached(visit, kind).is_empty()
}

fn attached(visit: &Visit, kind: ResourceKind) -> &[MappingId] {
    match kind {
        ResourceKind::User => &visit.source.fields.user_property_mappings,
        ResourceKind::Group => &visit.source.fields.group_property_mappings,
    }
}

fn view(visit: &Visit) -> SourceView {
    SourceView {
        pk: visit.source.id.to_string(),
        name: visit.source.fields.name.clone(),
        slug: visit.source.fields.slug.clone(),
    }
}

/// What the resource comes to by itself, under the names that expressions know.
fn base(visit: &Visit, kind: ResourceKind, resource: &Attributes) -> JsonObject {
    let properties = match kind {
        ResourceKind::User => {
            let user = identity::new_user(&visit.source, resource);
            json!({
                "username": user.username,
                "name": user.name,
                "email": user.email,
                "is_active": user.is_active,
                "path": user.path,
                "attributes": {},
            })
        }
        ResourceKind::Group => {
            let mut group = GroupFields::default();
            identity::base_group(resource, &mut group);
            json!({"name": group.name, "attributes": {}})
        }
    };
    match properties {
        Value::Object(properties) => properties,
        _never => JsonObject::new(),
    }
}

/// Objects within each other, lists without doubles one behind the other, and of anything else the later wins. What
/// is null says nothing.
fn merge(base: &mut JsonObject, later: JsonObject) {
    for (name, value) in later {
        match (base.get_mut(&name), value) {
            (_, Value::Null) => {}
            (Some(Value::Object(here)), Value::Object(there)) => merge(here, there),
            (Some(Value::Array(here)), Value::Array(there)) => {
                for value in there {
                    if !here.contains(&value) {
                        here.push(value);
                    }
                }
            }
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

fn replace(base: &mut JsonObject, later: &JsonObject) {
    for (name, value) in later {
        match (base.get_mut(name), value) {
            (Some(Value::Object(here)), Value::Object(there)) => replace(here, there),
            (_, Value::Null) => {
                base.shift_remove(name);
            }
            (_, value) => {
                base.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The client learns which mapping it was; what the mapping stumbled over is for its author, in the log.
fn failed(name: String, error: MappingError) -> InboundError {
    match error {
        MappingError::Overloaded | MappingError::Stopped | MappingError::Thread(_) => {
            InboundError::Unmapped { source: Box::new(error) }
        }
        MappingError::Failed { .. }
        | MappingError::LimitExceeded { .. }
        | MappingError::NotAnObject { .. }
        | MappingError::NotJson { .. } => InboundError::Mapping { name, source: Box::new(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> JsonObject {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn results_add_up_and_attributes_replace() {
        let mut gave = object(json!({"attributes": {"tags": ["a"], "deep": {"x": 1}}}));
        merge(&mut gave, object(json!({"attributes": {"tags": ["a", "b"], "deep": {"y": 2}}, "name": null})));
        assert_eq!(
            Value::Object(gave.clone()),
            json!({"attributes": {"tags": ["a", "b"], "deep": {"x": 1, "y": 2}}})
        );

        let mut fields = UserFields { name: "Ada".to_owned(), ..UserFields::default() };
        fields.attributes = object(json!({"tags": ["old"], "deep": {"z": 3}, "own": true}));
        gave.insert("is_active".to_owned(), json!("false"));
        Properties(gave).put_on_user(&mut fields);
        assert_eq!(
            Value::Object(fields.attributes),
            json!({"tags": ["a", "b"], "deep": {"z": 3, "x": 1, "y": 2}, "own": true})
        );
        assert_eq!((&*fields.name, fields.is_active), ("Ada", false));
    }

    #[test]
    fn no_mapping_makes_a_group_powerful() {
        let mut fields = GroupFields::default();
        Properties(object(json!({"name": "staff", "is_superuser": true}))).put_on_group(&mut fields);
        assert_eq!(fields, GroupFields { name: "staff".to_owned(), ..GroupFields::default() });
    }
}
