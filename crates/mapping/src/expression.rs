//! Mappings as a provider has them: named, ordered, versioned.

use std::sync::Arc;

/// One property mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    pub id: String,
    /// Changes whenever the source does; compiled code is kept by id and version.
    pub version: i64,
    pub name: String,
    pub source: Arc<str>,
}

/// The mappings of one provider, in the order in which they are evaluated: by name, by Unicode code point.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MappingSet {
    expressions: Vec<Expression>,
}

impl MappingSet {
    pub fn new(mut expressions: Vec<Expression>) -> Self {
        // Bytewise order of UTF-8 is the order of code points. Names are unique; the id settles the rest.
        expressions.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
        Self { expressions }
    }

    /// Whether a change of somebody's memberships, or of another user, could change the result.
    ///
    /// A textual check that errs on the side of yes. Meant for the mappings of users: those of groups speak
    /// of groups in any case, and see no memberships.
    pub fn depends_on_groups(&self) -> bool {
        self.expressions
            .iter()
            .any(|expression| mentions_groups(&expression.source) || expression.source.contains("ak_user_by"))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Expression> {
        self.expressions.iter()
    }

    pub fn len(&self) -> usize {
        self.expressions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.expressions.is_empty()
    }
}

/// `getattr` and its kin can reach a group under a name made up at run time.
const GROUP_WORDS: &[&str] = &["group", "superuser", "is_staff", "getattr", "vars(", "__"];

/// Whether an expression could look at groups.
pub(crate) fn mentions_groups(source: &str) -> bool {
    GROUP_WORDS.iter().any(|word| source.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(sources: &[(&str, &str)]) -> MappingSet {
        MappingSet::new(
            sources
                .iter()
                .map(|(name, source)| Expression {
                    id: (*name).to_owned(),
                    version: 1,
                    name: (*name).to_owned(),
                    source: Arc::from(*source),
                })
                .collect(),
        )
    }

    #[test]
    fn names_are_ordered_by_code_point() {
        let set = set(&[("b", ""), ("Ä", ""), ("a", ""), ("Z", ""), ("\u{1F600}", ""), ("\u{FF21}", "")]);
        let names: Vec<&str> = set.iter().map(|expression| expression.name.as_str()).collect();
        assert_eq!(names, ["Z", "a", "b", "Ä", "\u{FF21}", "\u{1F600}"]);
    }

    #[test]
    fn only_expressions_that_could_see_groups_depend_on_them() {
        for source in [
            "return {'a': [g.name for g in user.ak_groups.all()]}",
            "return request.user.group_attributes()",
            "return {'admin': user.is_superuser}",
            "return {'manager': ak_user_by(username='ada').email}",
            "return {'x': getattr(user, 'ak_' + 'gro' + 'ups')}",
        ] {
            assert!(set(&[("x", source)]).depends_on_groups(), "{source}");
        }
        assert!(
            !set(&[("x", "return {'userName': user.username, 'locale': user.locale()}")]).depends_on_groups()
        );
    }
}
