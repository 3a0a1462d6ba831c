//! What a request makes of what a source knows of an object.

use serde_json::Value;
use uuid::Uuid;

use scimitar_domain::{GroupId, JsonObject, ObjectId, ObjectKind, SourceId, SourceLinkFields, UserPk};
use scimitar_store::{Conn, StoreError, Unique, groups, source_links, sources, users};

use super::taken_by_another;
use crate::error::{ApiError, unknown_reference};
use crate::field_errors::FieldErrors;
use crate::fields::{Mode, Reader};

/// A link as it would be, and what speaks against it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// What the object is called in requests.
    field: &'static str,
    fields: SourceLinkFields,
    errors: FieldErrors,
}

impl Draft {
    /// Read a request to make a link to an object of this kind. `id` is its key unless one is given.
    pub(super) fn create(given: &JsonObject, kind: ObjectKind, field: &'static str, id: Uuid) -> Self {
        let nobody = match kind {
            ObjectKind::User => ObjectId::User(UserPk(0)),
            ObjectKind::Group => ObjectId::Group(GroupId(Uuid::nil())),
        };
        let fields = SourceLinkFields {
            id: id.to_string(),
            source: SourceId(Uuid::nil()),
            object: nobody,
            external_id: None,
            resource: Value::Object(JsonObject::new()),
        };
        let mut draft = Self::change(given, Mode::Create, field, &fields);
        // The first clients know one id only.
        draft.fields.external_id.get_or_insert_with(|| draft.fields.id.clone());
        draft
    }

    /// Read a request over what is stored.
    pub(super) fn change(
        given: &JsonObject,
        mode: Mode,
        field: &'static str,
        stored: &SourceLinkFields,
    ) -> Self {
        let mut fields = stored.clone();
        let mut reader = Reader::new(given, mode);
        if !reader.has("external_id") {
            reader.require(&["id"]);
        }
        reader.require(&[field, "source"]);
        reader.text("id", &mut fields.id);
        if reader.has("external_id") {
            let mut external_id = String::new();
            reader.text("external_id", &mut external_id);
            fields.external_id = Some(external_id);
        } else if stored.external_id.as_ref() == Some(&stored.id) {
            // For a client that knows one id only, both are that.
            fields.external_id = Some(fields.id.clone());
        }
        match &mut fields.object {
            ObjectId::User(pk) => reader.key(field, &mut pk.0),
            ObjectId::Group(id) => reader.uuid(field, &mut id.0),
        }
        reader.uuid("source", &mut fields.source.0);
        reader.json("attributes", &mut fields.resource);
        reader.judge(&fields, &[]);
        Self { field, fields, errors: reader.into_errors() }
    }

    /// The fields, if nothing speaks against them: neither the request itself nor what is stored already.
    pub(super) fn settled(
        &self,
        conn: &mut Conn,
        stored: Option<&str>,
    ) -> Result<&SourceLinkFields, ApiError> {
        let mut errors = self.errors.clone();
        errors.complete(self.conflicts(conn, stored)?);
        if errors.is_empty() {
            errors = self.clashes(conn, stored)?;
        }
        errors.accept(&self.fields)
    }

    /// Another link may have come in between, on PostgreSQL.
    pub(super) fn explain(&self, error: StoreError) -> ApiError {
        match error {
            StoreError::Taken(unique) => {
                let (field, sentence) = taken_by_another(unique, self.fields.object.kind());
                ApiError::field(field, sentence)
            }
            other => ApiError::Store(other),
        }
    }

    /// What is wrong with single fields.
    fn conflicts(&self, conn: &mut Conn, stored: Option<&str>) -> Result<FieldErrors, StoreError> {
        let mut errors = FieldErrors::default();
        let (id, kind) = (self.fields.id.as_str(), self.fields.object.kind());
        if stored != Some(id) && source_links::find(conn, kind, id)?.is_some() {
            let (field, sentence) = taken_by_another(Unique::SourceLinkId, kind);
            errors.add(field, sentence);
        }
        let missing = match self.fields.object {
            ObjectId::User(pk) => users::find(conn, pk)?.is_none().then(|| pk.to_string()),
            ObjectId::Group(id) => groups::find(conn, id)?.is_none().then(|| id.to_string()),
        };
        if let Some(key) = missing {
            errors.add(self.field, unknown_reference(&key));
        }
        if sources::find(conn, self.fields.source)?.is_none() {
            errors.add("source", unknown_reference(&self.fields.source.to_string()));
        }
        Ok(errors)
    }

    /// What is wrong with fields that are good, each alone.
    fn clashes(&self, conn: &mut Conn, stored: Option<&str>) -> Result<FieldErrors, StoreError> {
        let SourceLinkFields { source, object, ref external_id, .. } = self.fields;
        let kind = object.kind();
        let mut found = vec![(Unique::SourceLinkObject, source_links::of_object(conn, source, object)?)];
        if let Some(external_id) = external_id {
            let other = source_links::find_by_external_id(conn, source, kind, external_id)?;
            found.push((Unique::SourceLinkExternalId, other));
        }
        if let Some(name) = self.fields.user_name_key() {
            let other = source_links::find_by_user_name(conn, source, &name)?;
            found.push((Unique::SourceLinkUserName, other));
        }
        let mut errors = FieldErrors::default();
        for (unique, other) in found {
            if other.is_some_and(|other| stored != Some(other.fields.id.as_str())) {
                let (field, sentence) = taken_by_another(unique, kind);
                errors.add(field, sentence);
            }
        }
        Ok(errors)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SOURCE: &str = "00000000-0000-4000-8000-000000000001";

    /// The ids and the faults that a request to make a link comes to.
    #[track_caller]
    fn check(given: &Value, expected: &Value) {
        let fresh = Uuid::from_u128(7);
        let draft = Draft::create(given.as_object().unwrap(), ObjectKind::User, "user", fresh);
        let errors = serde_json::to_value(&draft.errors).unwrap();
        let got = if draft.errors.is_empty() {
            json!([draft.fields.id, draft.fields.shown_external_id()])
        } else {
            errors
        };
        assert_eq!(got, *expected, "{given}");
    }

    #[test]
    fn one_of_two_ids_is_enough() {
        let fresh = Uuid::from_u128(7);
        check(&json!({"id": "a", "user": 1, "source": SOURCE}), &json!(["a", "a"]));
        check(&json!({"external_id": "x", "user": 1, "source": SOURCE}), &json!([fresh, "x"]));
        check(&json!({"id": "a", "external_id": "x", "user": 1, "source": SOURCE}), &json!(["a", "x"]));
        check(&json!({"user": 1, "source": SOURCE}), &json!({"id": ["This field is required."]}));
    }

    #[test]
    fn fields_are_judged() {
        let long = "ä".repeat(513);
        check(
            &json!({"id": " ", "external_id": long, "user": "ada", "source": 5, "attributes": null}),
            &json!({
                "user": ["Incorrect type. Expected pk value, received str."],
                "source": ["Invalid pk \"5\" - object does not exist."],
                "attributes": ["This field may not be null."],
                "external_id": ["Ensure this field has no more than 512 characters."],
                "id": ["This field may not be blank."],
            }),
        );
        check(
            &json!({"id": null, "attributes": "a\0"}),
            &json!({
                "user": ["This field is required."],
                "source": ["This field is required."],
                "id": ["This field may not be null."],
                "attributes": ["Null characters are not allowed."],
            }),
        );
    }

    #[test]
    fn an_external_id_that_was_never_told_apart_goes_along() {
        let renamed = |stored: &str, given: Value| {
            let fields = SourceLinkFields {
                id: "a".to_owned(),
                source: SourceId(Uuid::nil()),
                object: ObjectId::User(UserPk(1)),
                external_id: Some(stored.to_owned()),
                resource: json!({}),
            };
            let draft = Draft::change(given.as_object().unwrap(), Mode::Patch, "user", &fields);
            draft.fields.external_id.unwrap()
        };
        assert_eq!(renamed("a", json!({"id": "b"})), "b");
        assert_eq!(renamed("x", json!({"id": "b"})), "x");
        assert_eq!(renamed("a", json!({"id": "b", "external_id": "a"})), "a");
        assert_eq!(renamed("a", json!({})), "a");
    }
}
