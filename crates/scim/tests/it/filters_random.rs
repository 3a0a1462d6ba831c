//! Properties of filters that hold for whatever is thrown at them.

use proptest::prelude::*;
use scimitar_scim::filter::{Filter, Literal, Operator, Rules, Unknown};
use scimitar_scim::{AttrPath, Path};
use serde_json::{Map, Number, Value};

use crate::fixture;

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z$][a-zA-Z0-9_$-]{0,5}"
}

fn attr_path() -> impl Strategy<Value = AttrPath> {
    let urn = prop::option::of("urn:[a-z0-9.:]{1,12}");
    (urn, name(), prop::option::of(name())).prop_map(|(urn, name, sub)| AttrPath { urn, name, sub })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(|it| Literal::Number(it.into())),
        any::<u64>().prop_map(|it| Literal::Number(it.into())),
        any::<f64>().prop_filter_map("JSON knows no infinity", Number::from_f64).prop_map(Literal::Number),
        any::<String>().prop_map(Literal::Text),
        "[\"\\\\\\[\\]() \t\n\u{1}a]{0,8}".prop_map(Literal::Text),
    ]
}

fn operator() -> impl Strategy<Value = Operator> {
    prop::sample::select(&Operator::ALL)
}

fn leaf(path: impl Strategy<Value = AttrPath> + 'static) -> impl Strategy<Value = Filter> {
    let path = path.boxed();
    prop_oneof![
        path.clone().prop_map(Filter::Present),
        (path, operator(), literal())
            .prop_map(|(path, operator, literal)| { Filter::Compare(path, operator, literal) }),
    ]
}

fn tree(leaf: impl Strategy<Value = Filter> + 'static, depth: u32) -> BoxedStrategy<Filter> {
    leaf.prop_recursive(depth, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|it| Filter::Not(Box::new(it))),
        ]
    })
    .boxed()
}

fn element() -> impl Strategy<Value = Filter> {
    let path = attr_path().prop_map(|path| AttrPath { sub: None, ..path });
    (path, tree(leaf(name().prop_map(AttrPath::of)), 3))
        .prop_map(|(path, inner)| Filter::Element(path, Box::new(inner)))
}

fn filter() -> impl Strategy<Value = Filter> {
    tree(prop_oneof![4 => leaf(attr_path()), 1 => element()], 4)
}

/// Names that exist, so that conditions get past the schema.
fn known() -> impl Strategy<Value = Filter> {
    let paths = [
        "userName",
        "externalId",
        "id",
        "active",
        "emails",
        "emails.type",
        "emails.value",
        "emails.primary",
        "name.givenName",
        "title",
        "nickName",
        "manager",
        "meta.created",
        "groups.value",
        "schemas",
    ];
    let path = prop::sample::select(paths.to_vec()).prop_map(|path| path.parse().expect("a path"));
    let text = prop::sample::select(vec!["ada", "A-1", "work", "true", "", "é", "2024-05-01T00:00:00Z", "%"]);
    let literal = prop_oneof![
        3 => text.prop_map(|it| Literal::Text(it.to_owned())),
        1 => any::<bool>().prop_map(Literal::Boolean),
        1 => Just(Literal::Null),
    ];
    let compare = (path.clone(), operator(), literal)
        .prop_map(|(path, operator, literal)| Filter::Compare(path, operator, literal));
    tree(prop_oneof![3 => compare, 1 => path.prop_map(Filter::Present)], 3)
}

fn anybody() -> impl Strategy<Value = Map<String, Value>> {
    prop::sample::select(fixture::people()).prop_map(|(_, person)| person)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_printed_filter_reads_back_as_the_same(filter in filter()) {
        let text = filter.to_string();
        let rules = Rules { max_length: usize::MAX, max_depth: 100, max_terms: 1000, bare_words: false };
        prop_assert_eq!(Filter::parse(&text, &rules), Ok(filter), "{}", text);
    }

    #[test]
    fn a_printed_path_reads_back_as_the_same(
        attribute in attr_path(),
        filter in prop::option::of(tree(leaf(name().prop_map(AttrPath::of)), 2)),
        sub in prop::option::of(name()),
    ) {
        let path = match filter {
            None => Path::from(attribute),
            Some(filter) => {
                let attribute = AttrPath { sub: None, ..attribute };
                Path { attribute, filter: Some(filter), sub }
            }
        };
        let text = path.to_string();
        prop_assert_eq!(Path::parse(&text, &Rules::STRICT), Ok(path), "{}", text);
    }

    #[test]
    fn nothing_makes_the_parser_fall_over(text in any::<String>(), more in "[a-z \"\\\\()\\[\\].:0-9]{0,60}") {
        for text in [text, more] {
            for rules in [Rules::STRICT, Rules::LENIENT] {
                if let Ok(filter) = Filter::parse(&text, &rules) {
                    prop_assert_eq!(Filter::parse(&filter.to_string(), &Rules::STRICT), Ok(filter));
                }
                if let Ok(path) = Path::parse(&text, &rules) {
                    prop_assert_eq!(Path::parse(&path.to_string(), &Rules::STRICT), Ok(path));
                }
            }
        }
    }

    /// `not` turns every answer round, and `and` and `or` are what they are in logic.
    #[test]
    fn conditions_obey_logic(a in known(), b in known(), person in anybody()) {
        let users = fixture::users();
        let holds = |filter: &Filter| filter.check(&users, Unknown::Refused).map(|it| it.matches(&person));
        if let (Ok(left), Ok(right)) = (holds(&a), holds(&b)) {
            let not = |filter: &Filter| Filter::Not(Box::new(filter.clone()));
            prop_assert_eq!(holds(&not(&a)), Ok(!left));
            prop_assert_eq!(holds(&Filter::And(vec![a.clone(), b.clone()])), Ok(left && right));
            prop_assert_eq!(holds(&Filter::Or(vec![a.clone(), b.clone()])), Ok(left || right));
            let one_way = Filter::Not(Box::new(Filter::And(vec![a.clone(), b.clone()])));
            prop_assert_eq!(holds(&one_way), holds(&Filter::Or(vec![not(&a), not(&b)])));
        }
    }

    /// Whoever is found by a name in one case is found by it in every case.
    #[test]
    fn case_of_names_operators_and_urns_is_nothing(filter in known(), person in anybody()) {
        let users = fixture::users();
        let text = filter.to_string();
        let shouted: String = text
            .split_inclusive('"')
            .enumerate()
            // Every second part is within quotes; none of the literals has an escaped quote.
            .map(|(n, part)| if n % 2 == 0 { shout(part) } else { part.to_owned() })
            .collect();
        let answer = |text: &str| {
            let filter = Filter::parse(text, &Rules::STRICT)?;
            filter.check(&users, Unknown::Refused).map(|it| it.matches(&person))
        };
        match (answer(&text), answer(&shouted)) {
            (Ok(quiet), Ok(loud)) => prop_assert_eq!(quiet, loud, "{}", shouted),
            (quiet, loud) => prop_assert_eq!(quiet.is_err(), loud.is_err(), "{}", shouted),
        }
    }
}

/// Everything in capitals but the words of JSON.
fn shout(text: &str) -> String {
    text.split(' ')
        .map(|word| {
            let bare = word.trim_matches(['(', ')']);
            if ["true", "false", "null"].contains(&bare) {
                word.to_owned()
            } else {
                word.to_ascii_uppercase()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}
