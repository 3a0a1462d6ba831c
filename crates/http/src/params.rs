//! The query string, read as leniently as the documented API reads it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use scimitar_domain::JsonObject;

use crate::error::ApiError;
use crate::field_errors::FieldErrors;
use crate::fields::{NUL_REFUSED, has_nul, not_a_uuid, read_moment};

/// The parameters of a query. Unknown ones are nobody's business, and an empty value counts as absent.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    pub fn parse(query: &str) -> Self {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query);
        Self(pairs.map(web::Query::into_inner).unwrap_or_default())
    }

    /// PostgreSQL cannot look for NUL, so neither database is asked to.
    pub fn refuse_nul(&self) -> Result<(), ApiError> {
        let mut errors = FieldErrors::default();
        for (name, _) in self.0.iter().filter(|(name, value)| value.contains('\0') && !name.contains('\0')) {
            errors.add(name, NUL_REFUSED);
        }
        errors.accept(())
    }

    /// The last value of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|it| !it.is_empty())
    }

    pub fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// Every value of a parameter that may be repeated.
    pub fn many(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// `true` or `false`; anything else is as good as nothing.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.text(name)? {
            "true" | "True" => Some(true),
            "false" | "False" => Some(false),
            _other => None,
        }
    }

    /// A filter by a UUID of the object itself.
    pub fn uuid(&self, name: &str, errors: &mut FieldErrors) -> Option<Uuid> {
        let text = self.text(name)?;
        let parsed = Uuid::try_parse(text).ok();
        if parsed.is_none() {
            errors.add(name, "Enter a valid UUID.");
        }
        parsed
    }

    /// A filter by a reference to another object.
    pub fn reference(&self, name: &str, errors: &mut FieldErrors) -> Option<Uuid> {
        let text = self.text(name)?;
        let parsed = Uuid::try_parse(text).ok();
        if parsed.is_none() {
            errors.add(name, not_a_uuid(text));
        }
        parsed
    }

    /// A filter by any of several references to other objects.
    pub fn references(&self, name: &str, errors: &mut FieldErrors) -> Vec<Uuid> {
        let mut found = Vec::new();
        for text in self.many(name) {
            match Uuid::try_parse(text) {
                Ok(id) => found.push(id),
                Err(_) => errors.add(name, not_a_uuid(text)),
            }
        }
        found
    }

    /// A filter by a number. One that no key can be still narrows the list: to nothing.
    pub fn number(&self, name: &str, errors: &mut FieldErrors) -> Option<i64> {
        let text = self.text(name)?.trim();
        if let Ok(number) = text.parse() {
            return Some(number);
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(i64::MAX);
        }
        errors.add(name, "Enter a number.");
        None
    }

    /// A filter by one of a set of names.
    pub fn choice<T: FromStr>(&self, name: &str, errors: &mut FieldErrors) -> Option<T> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            errors.add(name, no_choice(text));
        }
        parsed
    }

    /// A filter by any of a set of names.
    pub fn choices<T: FromStr>(&self, name: &str, errors: &mut FieldErrors) -> Vec<T> {
        let mut found = Vec::new();
        for text in self.many(name) {
            match text.parse() {
                Ok(choice) => found.push(choice),
                Err(_) => errors.add(name, no_choice(text)),
            }
        }
        found
    }

    /// The filter by `attributes`: the text of a JSON object.
    pub fn attributes(&self) -> Result<JsonObject, ApiError> {
        let Some(text) = self.text("attributes") else { return Ok(JsonObject::new()) };
        match serde_json::from_str(text) {
            Ok(value) if has_nul(&value) => Err(ApiError::field("attributes", NUL_REFUSED)),
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(ApiError::Filter("filter: value must be key:value mapping")),
            Err(_) => Err(ApiError::Filter("filter: failed to parse JSON")),
        }
    }

    /// A filter by a moment.
    pub fn moment(&self, name: &str, errors: &mut FieldErrors) -> Option<DateTime<Utc>> {
        let text = self.text(name)?;
        let parsed = read_moment(text);
        if parsed.is_none() {
            errors.add(name, "Enter a valid date/time.");
        }
        parsed
    }
}

/// The sentence for a filter value that is not among the possible ones.
pub(crate) fn no_choice(text: &str) -> String {
    format!("Select a valid choice. {text} is not one of the available choices.")
}

impl FromRequest for Params {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::parse(req.query_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_parameters_wins_and_empty_ones_do_not_count() {
        let params = Params::parse("a=1&a=2&b=&c=x%20y&c=z");
        assert_eq!(params.text("a"), Some("2"));
        assert_eq!(params.text("b"), None);
        assert_eq!(params.many("c").collect::<Vec<_>>(), ["x y", "z"]);
    }

    #[test]
    fn only_true_and_false_are_flags() {
        let params = Params::parse("a=True&b=false&c=1&d=yes");
        assert_eq!(params.flag("a"), Some(true));
        assert_eq!(params.flag("b"), Some(false));
        assert_eq!(params.flag("c"), None);
        assert_eq!(params.flag("d"), None);
    }

    #[test]
    fn malformed_filters_are_reported_by_parameter() {
        let params = Params::parse("uuid=x&group=y&n=z&big=99999999999999999999");
        let mut errors = FieldErrors::default();
        assert_eq!(params.uuid("uuid", &mut errors), None);
        assert_eq!(params.reference("group", &mut errors), None);
        assert_eq!(params.number("n", &mut errors), None);
        assert_eq!(params.number("big", &mut errors), Some(i64::MAX));
        insta::assert_json_snapshot!(errors, @r#"
        {
          "uuid": [
            "Enter a valid UUID."
          ],
          "group": [
            "“y” is not a valid UUID."
          ],
          "n": [
            "Enter a number."
          ]
        }
        "#);
    }
}
