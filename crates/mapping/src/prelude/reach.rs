//! What an expression can get at. What it has no name for is not built for it.

use std::collections::BTreeSet;

use crate::{
    compile::{Kind, Word},
    expression::mentions_groups,
};

const OBJECTS: &str = include_str!("objects.py");
const REQUEST: &str = include_str!("request.py");

/// Ways to a name that does not stand in the source, such as `hasattr(user, "a" + "b")`.
const DYNAMIC: &[&str] = &["attr", "vars", "dir", "locals", "globals", ".format"];

/// Parts of the objects in scope.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach<'s> {
    All,
    /// A user without groups, with what this source names.
    Named(&'s str),
}

impl<'s> Reach<'s> {
    /// A textual check that errs on the side of everything. Identifiers beyond ASCII are normalised when they are looked
    /// up (Python's reference, "Identifiers"), so a source that has them may mean other names than it shows.
    pub(super) fn of(source: &'s str, rewritten: &BTreeSet<Word>, kind: Kind) -> Self {
        let is_plain = kind == Kind::User
            && source.is_ascii()
            && !mentions_groups(source)
            && !source.contains("Group")
            && !rewritten.contains(&Word::Query);
        let text = source.replace("attributes", "");
        if is_plain && !DYNAMIC.iter().any(|word| text.contains(word)) {
            Self::Named(source)
        } else {
            Self::All
        }
    }

    /// The classes of those objects.
    pub(super) fn classes(self) -> String {
        let mut classes = match self {
            Self::All => OBJECTS.to_owned(),
            Self::Named(source) => user(source),
        };
        if self.has_request() {
            classes.push_str(REQUEST);
        }
        classes
    }

    /// The call of a user's expression.
    pub(super) fn call(self) -> &'static str {
        if self.has_request() { include_str!("call_user.py") } else { include_str!("call_user_alone.py") }
    }

    fn has_request(self) -> bool {
        match self {
            Self::All => true,
            Self::Named(source) => {
                ["request", "provider", "connection"].iter().any(|word| source.contains(word))
            }
        }
    }
}

/// The class of users with the attributes and methods that are named.
fn user(source: &str) -> String {
    // `locale()` looks at the attributes.
    let names = |name: &str| source.contains(name) || (name == "attributes" && source.contains("locale"));
    let mut class = String::new();
    let mut is_left_out = false;
    for line in OBJECTS.lines().skip_while(|line| *line != "class User:") {
        if let Some((method, _)) = line.strip_prefix("    def ").and_then(|rest| rest.split_once('(')) {
            is_left_out = method != "__init__" && !names(method);
        }
        let attribute = line.strip_prefix("        self.").and_then(|rest| rest.split_once(" = "));
        if !is_left_out && attribute.is_none_or(|(name, _)| names(name)) {
            class.push_str(line);
            class.push('\n');
        }
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &[&str]) {
        let reach = Reach::of(source, &BTreeSet::new(), Kind::User);
        let classes = reach.classes();
        let built = classes.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("self.").and_then(|rest| rest.split_once(" = "));
            let method = line.strip_prefix("    def ").and_then(|rest| rest.split_once('('));
            name.or(method).map(|(name, _)| name)
        });
        let built: Vec<&str> = built.filter(|name| *name != "__init__").collect();
        assert_eq!(built, expected, "{source}");
    }

    #[test]
    fn a_source_gets_what_it_names() {
        check("return {}", &[]);
        check("return {'userName': user.username}", &["username", "name"]);
        check("return {'locale': user.locale()}", &["attributes", "locale"]);
    }

    #[test]
    fn a_source_that_may_mean_more_gets_everything() {
        let all = Reach::All.classes();
        for source in [
            "return getattr(user, 'user' + 'name')",
            "return hasattr(user, 'user' + 'name')",
            "return vars(user)",
            "return '{0.name}'.format(user)",
            "return [group.name for group in user.ak_groups.all()]",
            "return Group",
            "return user.u\u{17f}ername",
        ] {
            assert_eq!(Reach::of(source, &BTreeSet::new(), Kind::User).classes(), all, "{source}");
        }
        let queries = BTreeSet::from([Word::Query]);
        assert_eq!(Reach::of("return [user].filter(a=1)", &queries, Kind::User).classes(), all);
        assert_eq!(Reach::of("return {}", &BTreeSet::new(), Kind::Received).classes(), all);
    }
}
