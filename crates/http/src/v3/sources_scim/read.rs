//! What a request makes of a source.

use scimitar_domain::{JsonObject, MappingId, MappingKind, SourceFields, SourceId};
use scimitar_store::{Conn, StoreError, Unique, mappings, sources};

use crate::error::{ApiError, taken, unknown_reference};
use crate::field_errors::FieldErrors;
use crate::fields::{Mode, Reader};

/// A source as it would be, and what speaks against it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    fields: SourceFields,
    errors: FieldErrors,
}

/// Read a request over `fields`: the defaults, or what is stored.
pub(super) fn read(given: &JsonObject, mode: Mode, mut fields: SourceFields) -> Draft {
    let mut reader = Reader::new(given, mode);
    reader.require(&["name", "slug"]);
    reader.text("name", &mut fields.name);
    reader.text("slug", &mut fields.slug);
    reader.boolean("enabled", &mut fields.enabled);
    reader.text("user_path_template", &mut fields.user_path_template);
    reader.uuids("user_property_mappings", &mut fields.user_property_mappings, MappingId);
    reader.uuids("group_property_mappings", &mut fields.group_property_mappings, MappingId);
    reader.choice("delete_policy", &mut fields.delete_policy);
    reader.integer("delete_after_days", &mut fields.delete_after_days);
    reader.choice("link_policy", &mut fields.link_policy);
    reader.boolean("link_superusers", &mut fields.link_superusers);
    reader.integer("guard_floor", &mut fields.guard_floor);
    reader.integer("guard_percent", &mut fields.guard_percent);
    reader.judge(&fields, &[]);
    Draft { fields, errors: reader.into_errors() }
}

impl Draft {
    /// The fields, if nothing speaks against them: neither the request itself nor what is stored already.
    pub(super) fn settled(
        &self,
        conn: &mut Conn,
        stored: Option<SourceId>,
    ) -> Result<&SourceFields, ApiError> {
        let mut errors = self.errors.clone();
        errors.complete(self.conflicts(conn, stored)?);
        errors.accept(&self.fields)
    }

    fn conflicts(&self, conn: &mut Conn, stored: Option<SourceId>) -> Result<FieldErrors, StoreError> {
        let mut errors = FieldErrors::default();
        let namesake = sources::find_by_slug(conn, &self.fields.slug)?;
        if namesake.is_some_and(|other| Some(other.id) != stored) {
            let (field, sentence) = taken(Unique::SourceSlug);
            errors.add(field, sentence);
        }
        for (field, ids) in [
            ("user_property_mappings", &self.fields.user_property_mappings),
            ("group_property_mappings", &self.fields.group_property_mappings),
        ] {
            if let Some(unknown) = mappings::first_unknown(conn, MappingKind::Source, ids)? {
                errors.add(field, unknown_reference(&unknown.0.to_string()));
            }
        }
        Ok(errors)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(mode: Mode, given: &Value, expected: &Value) {
        let draft = read(given.as_object().unwrap(), mode, SourceFields::default());
        assert_eq!(serde_json::to_value(&draft.errors).unwrap(), *expected, "{given}");
    }

    #[test]
    fn a_source_needs_a_name_and_a_slug() {
        let missing = json!({"name": ["This field is required."], "slug": ["This field is required."]});
        check(Mode::Create, &json!({}), &missing);
        check(Mode::Replace, &json!({}), &missing);
        check(Mode::Patch, &json!({}), &json!({}));
        check(Mode::Create, &json!({"name": "a", "slug": "a-b_C1"}), &json!({}));
    }

    #[test]
    fn fields_are_judged() {
        let long = "a".repeat(51);
        check(
            Mode::Patch,
            &json!({"name": " ", "slug": long, "enabled": "maybe", "user_path_template": "",
                    "user_property_mappings": "x", "group_property_mappings": ["x"]}),
            &json!({
                "enabled": ["Must be a valid boolean."],
                "user_property_mappings": ["Expected a list of items but got type \"str\"."],
                "group_property_mappings": ["“x” is not a valid UUID."],
                "name": ["This field may not be blank."],
                "slug": ["Ensure this field has no more than 50 characters."],
                "user_path_template": ["This field may not be blank."],
            }),
        );
        let slug = "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.";
        check(Mode::Patch, &json!({"slug": "a b"}), &json!({"slug": [slug]}));
    }
}
