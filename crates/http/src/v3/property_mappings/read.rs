//! What a request makes of a mapping.

use scimitar_domain::{JsonObject, Mapping, MappingFields, MappingId, rules};
use scimitar_store::{Conn, StoreError, Unique, mappings};

use crate::error::{ApiError, taken};
use crate::field_errors::FieldErrors;
use crate::fields::{Mode, Reader};

/// A mapping as it would be, and what speaks against it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    fields: MappingFields,
    errors: FieldErrors,
}

/// What keeps the expression in a request from being compiled, if anything does.
pub(super) fn syntax(given: &JsonObject) -> Option<String> {
    let mut expression = String::new();
    Reader::new(given, Mode::Patch).text("expression", &mut expression);
    if expression.is_empty() || expression.len() > rules::LONGEST_EXPRESSION {
        return None;
    }
    let fault = scimitar_mapping::check(&expression).err()?;
    Some(format!("Expression Syntax Error: {fault}"))
}

/// Read a request over `fields`: the defaults, or what is stored.
pub(super) fn read(given: &JsonObject, mode: Mode, mut fields: MappingFields, syntax: Option<&str>) -> Draft {
    let mut reader = Reader::new(given, mode);
    reader.require(&["name", "expression"]);
    reader.text_or_null("managed", &mut fields.managed);
    reader.text("name", &mut fields.name);
    reader.text("expression", &mut fields.expression);
    reader.judge(&fields, &[]);
    let mut errors = reader.into_errors();
    if let Some(syntax) = syntax {
        errors.complete(FieldErrors::of("expression", syntax));
    }
    Draft { fields, errors }
}

impl Draft {
    /// The fields, if nothing speaks against them: neither the request itself nor what is stored already.
    pub(super) fn settled(
        &self,
        conn: &mut Conn,
        stored: Option<MappingId>,
    ) -> Result<&MappingFields, ApiError> {
        let mut errors = self.errors.clone();
        errors.complete(self.conflicts(conn, stored)?);
        errors.accept(&self.fields)
    }

    fn conflicts(&self, conn: &mut Conn, stored: Option<MappingId>) -> Result<FieldErrors, StoreError> {
        let mut errors = FieldErrors::default();
        let is_other = |found: &Mapping| Some(found.id) != stored;
        if mappings::find_by_name(conn, &self.fields.name)?.as_ref().is_some_and(is_other) {
            let (field, sentence) = taken(Unique::MappingName);
            errors.add(field, sentence);
        }
        if let Some(managed) = &self.fields.managed
            && mappings::find_by_managed(conn, managed)?.as_ref().is_some_and(is_other)
        {
            let (field, sentence) = taken(Unique::MappingManaged);
            errors.add(field, sentence);
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
        let given = given.as_object().unwrap();
        let draft = read(given, mode, MappingFields::default(), syntax(given).as_deref());
        assert_eq!(serde_json::to_value(&draft.errors).unwrap(), *expected, "{given:?}");
    }

    #[test]
    fn an_expression_must_compile() {
        check(Mode::Create, &json!({"name": "a", "expression": "return {}"}), &json!({}));
        check(
            Mode::Create,
            &json!({"expression": " "}),
            &json!({"name": ["This field is required."], "expression": ["This field may not be blank."]}),
        );
        let long = "#".repeat(rules::LONGEST_EXPRESSION + 1);
        check(
            Mode::Patch,
            &json!({"expression": long, "managed": null}),
            &json!({"expression": ["Ensure this field has no more than 65536 characters."]}),
        );
        let given = json!({"expression": "x = 1\nreturn {"});
        let found = syntax(given.as_object().unwrap()).unwrap();
        assert!(found.starts_with("Expression Syntax Error: line 2, column "), "{found}");
        check(Mode::Patch, &given, &json!({"expression": [found]}));
    }
}
