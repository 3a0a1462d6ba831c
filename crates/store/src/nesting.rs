//! Whose members a group has at a provider, as text in the statements about memberships.

use scimitar_domain::NestedGroups;

/// What follows `m.group_id` in a statement about the users of `group`, which is a column or a value of the statement.
pub(crate) fn users_of(nesting: NestedGroups, group: &str) -> String {
    match nesting {
        NestedGroups::Direct | NestedGroups::Members => format!("= {group}"),
        NestedGroups::Flattened => format!(
            "IN (WITH RECURSIVE below(id) AS (SELECT {group} UNION \
             SELECT p.group_id FROM group_parents p JOIN below b ON p.parent_id = b.id) SELECT id FROM below)"
        ),
    }
}

/// What follows SELECT in a statement that is to name each user once, who may be in several of the groups.
pub(crate) fn each_once(nesting: NestedGroups) -> &'static str {
    match nesting {
        NestedGroups::Direct | NestedGroups::Members => "",
        NestedGroups::Flattened => "DISTINCT",
    }
}
