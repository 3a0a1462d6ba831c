//! Groups: named sets of users, in a tree.

use validator::Validate;

use crate::{GroupId, JsonObject, rules};

/// A group as stored. Its members are rows of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub id: GroupId,
    pub fields: GroupFields,
    /// Rises with every change of the group's own fields. Members do not count.
    pub version: i64,
}

/// What a caller may set on a group.
#[derive(Debug, Clone, Default, PartialEq, Validate)]
pub struct GroupFields {
    #[validate(length(max = "rules::LONGEST_KEY", code = "max_length"), custom(function = rules::not_blank))]
    pub name: String,
    /// Members of such a group administer the service.
    pub is_superuser: bool,
    /// The groups right above this one, each once. The first is *the* parent of clients that know of one only.
    pub parents: Vec<GroupId>,
    pub attributes: JsonObject,
}

impl GroupFields {
    /// The parent, for those who know of one only.
    pub fn parent(&self) -> Option<GroupId> {
        self.parents.first().copied()
    }
}

impl GroupId {
    /// A number for systems that need one: the first five decimal digits of the UUID read as one integer.
    pub fn num_pk(self) -> i64 {
        let value = self.0.as_u128();
        let value = value / 10_u128.pow(value.checked_ilog10().unwrap_or_default().saturating_sub(4));
        // Below 100,000, so it always fits.
        i64::try_from(value).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn num_pk_is_the_first_five_digits() {
        assert_eq!(GroupId(Uuid::from_u128(1_234_567_890)).num_pk(), 12_345);
        assert_eq!(GroupId(Uuid::from_u128(42)).num_pk(), 42);
        assert_eq!(GroupId(Uuid::from_u128(u128::MAX)).num_pk(), 34_028);
    }
}
