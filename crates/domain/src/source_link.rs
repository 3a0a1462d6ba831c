//! What a source knows of a user or group: under which ids, and what its client last sent.

mod terms;

use serde_json::Value;
use validator::Validate;

pub use self::terms::{SourceTerms, TermField};
use crate::{ObjectId, SourceId, Timestamp, rules};

/// One user or group of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceLink {
    pub fields: SourceLinkFields,
    /// Its number among all, in the order in which they were made.
    pub seq: i64,
    /// Rises with every change.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a caller may set on it.
#[derive(Debug, Clone, PartialEq, Validate)]
pub struct SourceLinkFields {
    /// The key, among all sources. The first clients of the API keep the foreign id here.
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::not_blank))]
    pub id: String,
    pub source: SourceId,
    pub object: ObjectId,
    /// The id under which the source's client knows the object (RFC 7643 §3.1), if it ever told.
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::not_blank))]
    pub external_id: Option<String>,
    /// What the source's client last sent. Any JSON but null.
    pub resource: Value,
}

impl SourceLinkFields {
    /// The `externalId`, or the key where there is none.
    pub fn shown_external_id(&self) -> &str {
        self.external_id.as_deref().unwrap_or(&self.id)
    }

    /// The key that `userName` is looked up by: without its case (RFC 7643 §4.1.1). A name that is too long
    /// for an index belongs to no user.
    pub fn user_name_key(&self) -> Option<String> {
        let ObjectId::User(_) = self.object else { return None };
        let resource = self.resource.as_object()?;
        let (_, name) = resource.iter().find(|(name, _)| name.eq_ignore_ascii_case("userName"))?;
        terms::term(name.as_str()?)
    }

    /// What the resource is found by.
    pub fn terms(&self) -> SourceTerms {
        SourceTerms::of(self.object.kind(), &self.resource)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::{GroupId, UserPk};

    #[track_caller]
    fn check(object: ObjectId, resource: Value, expected: Option<&str>) {
        let shown = resource.to_string();
        let source = SourceId(Uuid::nil());
        let fields = SourceLinkFields { id: "a".to_owned(), source, object, external_id: None, resource };
        assert_eq!(fields.user_name_key().as_deref(), expected, "{shown}");
    }

    #[test]
    fn user_names_are_looked_up_without_their_case() {
        let ada = ObjectId::User(UserPk(1));
        check(ada, json!({"userName": "Ada@Example.COM"}), Some("ada@example.com"));
        check(ada, json!({"USERNAME": "Ähre"}), Some("ähre"));
        check(ada, json!({"userName": 7}), None);
        check(ada, json!({"userName": ""}), None);
        check(ada, json!({"userName": "x".repeat(513)}), None);
        check(ada, json!("userName"), None);
        check(ObjectId::Group(GroupId(Uuid::nil())), json!({"userName": "ada"}), None);
    }
}
