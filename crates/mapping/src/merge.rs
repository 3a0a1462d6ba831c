//! How the results of several mappings become one object.

use serde_json::{Map, Value, map::Entry};

/// Merges `later` into `base`: objects recurse, lists append, and of any other pair the later wins.
pub fn merge(base: &mut Map<String, Value>, later: Map<String, Value>) {
    for (key, value) in later {
        match base.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            Entry::Occupied(mut entry) => match (entry.get_mut(), value) {
                (Value::Object(here), Value::Object(there)) => merge(here, there),
                (Value::Array(here), Value::Array(there)) => here.extend(there),
                (here, there) => *here = there,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(a: Value, b: Value, expected: &Value) {
        assert_eq!(&merged(a, b), expected);
    }

    fn merged(a: Value, b: Value) -> Value {
        let (Value::Object(mut a), Value::Object(b)) = (a, b) else { panic!("only objects merge") };
        merge(&mut a, b);
        Value::Object(a)
    }

    #[test]
    fn objects_recurse_lists_append_and_the_later_wins() {
        check(json!({"name": {"a": 1}}), json!({"name": {"b": 2}}), &json!({"name": {"a": 1, "b": 2}}));
        check(json!({"emails": [1]}), json!({"emails": [2, 1]}), &json!({"emails": [1, 2, 1]}));
        check(json!({"title": "a"}), json!({"title": "b"}), &json!({"title": "b"}));
        check(json!({"x": [1]}), json!({"x": "a"}), &json!({"x": "a"}));
        check(json!({"x": {"a": 1}}), json!({"x": [1]}), &json!({"x": [1]}));
    }

    #[test]
    fn a_null_that_comes_later_replaces_and_one_that_comes_earlier_is_replaced() {
        check(json!({"photos": [1]}), json!({"photos": null}), &json!({"photos": null}));
        check(json!({"photos": null}), json!({"photos": [1]}), &json!({"photos": [1]}));
    }

    /// Objects in which one path always holds the same kind of value, so that nothing clashes.
    fn agreeing() -> impl Strategy<Value = Value> {
        let number = prop::option::of(0..9_i64);
        let list = prop::option::of(prop::collection::vec(0..9_i64, 0..4));
        let inner = prop::option::of((
            prop::option::of(0..9_i64),
            prop::option::of(prop::collection::vec(0..9_i64, 0..3)),
        ));
        (number, list, inner).prop_map(|(number, list, inner)| {
            let mut object = Map::new();
            number.map(|value| object.insert("number".into(), json!(value)));
            list.map(|value| object.insert("list".into(), json!(value)));
            inner.map(|(number, list)| {
                let mut object_inside = Map::new();
                number.map(|value| object_inside.insert("number".into(), json!(value)));
                list.map(|value| object_inside.insert("list".into(), json!(value)));
                object.insert("inner".into(), Value::Object(object_inside))
            });
            Value::Object(object)
        })
    }

    /// Any object at all.
    fn any_object() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..9_i64).prop_map(Value::from)
        ];
        let value = leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec(("[a-c]", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        });
        prop::collection::vec(("[a-c]", value), 0..4)
            .prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn merging_is_associative_where_kinds_agree(a in agreeing(), b in agreeing(), c in agreeing()) {
            let left = merged(merged(a.clone(), b.clone()), c.clone());
            let right = merged(a, merged(b, c));
            prop_assert_eq!(left, right);
        }

        #[test]
        fn nothing_is_the_identity(a in any_object()) {
            prop_assert_eq!(merged(a.clone(), json!({})), a.clone());
            prop_assert_eq!(merged(json!({}), a.clone()), a);
        }

        #[test]
        fn every_key_of_either_side_survives(a in any_object(), b in any_object()) {
            let result = merged(a.clone(), b.clone());
            for key in a.as_object().unwrap().keys().chain(b.as_object().unwrap().keys()) {
                prop_assert!(result.get(key).is_some());
            }
        }
    }
}
