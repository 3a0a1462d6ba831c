//! Coercions of single values. Each gives the value or the documented sentence.

use std::collections::BTreeSet;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SubsecRound, Utc};
use serde_json::Value;
use uuid::Uuid;

use scimitar_domain::{JsonObject, Timestamp};

use crate::body::python_type;

type Coerced<T> = Result<T, String>;

const NOT_A_DATE: &str = "Datetime has wrong format. Use one of these formats instead: \
                          YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";
const NOT_AN_OBJECT: &str = "Value must be a dictionary, and not have any duplicate keys.";

/// The sentence for NUL, which PostgreSQL cannot store.
pub const NUL_REFUSED: &str = "Null characters are not allowed.";

/// Text, trimmed. Numbers count as text. NUL stops here, so that no query is asked for it.
pub(super) fn text(value: &Value) -> Coerced<String> {
    match value {
        Value::String(text) if text.contains('\0') => Err(NUL_REFUSED.into()),
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err("Not a valid string.".into())
        }
    }
}

/// Text, trimmed, that must say something and no more than `longest` characters.
pub(super) fn filled_text(value: &Value, longest: u64) -> Coerced<String> {
    let text = text(value)?;
    if text.is_empty() {
        return Err("This field may not be blank.".into());
    }
    let fits = usize::try_from(longest).is_ok_and(|longest| text.chars().nth(longest).is_none());
    if fits { Ok(text) } else { Err(format!("Ensure this field has no more than {longest} characters.")) }
}

/// A boolean, also by its usual names and numbers.
pub(super) fn boolean(value: &Value) -> Coerced<bool> {
    let known = match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
            _other => None,
        },
        Value::Number(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    known.ok_or_else(|| "Must be a valid boolean.".into())
}

/// An integer, also as digits.
pub(super) fn integer(value: &Value) -> Coerced<i32> {
    let number = whole_number(value).or_else(|| beyond(value)).ok_or("A valid integer is required.")?;
    if number > i64::from(i32::MAX) {
        return Err(format!("Ensure this value is less than or equal to {}.", i32::MAX));
    }
    i32::try_from(number)
        .map_err(|_unfit| format!("Ensure this value is greater than or equal to {}.", i32::MIN))
}

/// One of a set of names.
pub(super) fn choice<T: FromStr>(value: &Value) -> Coerced<T> {
    let name = match value {
        Value::String(name) => name.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    };
    name.parse().map_err(|_unfit| format!("\"{name}\" is not a valid choice."))
}

/// A moment in ISO 8601; without an offset it is UTC.
pub(super) fn moment(value: &Value) -> Coerced<Timestamp> {
    value.as_str().and_then(|text| read_moment(text.trim())).ok_or_else(|| NOT_A_DATE.to_owned())
}

/// A moment in ISO 8601, to the microsecond; without an offset it is UTC.
pub fn read_moment(text: &str) -> Option<Timestamp> {
    const LOCAL: [&str; 4] =
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    const ZONED: [&str; 4] =
        ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M%#z"];
    let zoned = || ZONED.iter().find_map(|form| DateTime::parse_from_str(text, form).ok());
    let local = || LOCAL.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let found = DateTime::parse_from_rfc3339(text)
        .ok()
        .or_else(zoned)
        .map(|moment| moment.with_timezone(&Utc))
        .or_else(|| local().or_else(day).map(|moment| moment.and_utc()))?;
    // Years of four digits are what every client and both databases can read.
    (1..=9999).contains(&chrono::Datelike::year(&found)).then(|| found.trunc_subsecs(6))
}

/// An object of any content, but for NUL.
pub(super) fn object(value: &Value) -> Coerced<JsonObject> {
    let object = value.as_object().ok_or(NOT_AN_OBJECT)?;
    json(value)?;
    Ok(object.clone())
}

/// Any JSON, but for NUL, which PostgreSQL cannot store.
pub(super) fn json(value: &Value) -> Coerced<Value> {
    if has_nul(value) { Err(NUL_REFUSED.into()) } else { Ok(value.clone()) }
}

/// A reference to an integer key.
pub(super) fn key(value: &Value) -> Coerced<i32> {
    let number = match value {
        Value::Null => return Err(unknown("None")),
        other => whole_number(other),
    };
    let Some(number) = number else {
        let text = value.as_str().unwrap_or_default().trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(unknown(text));
        }
        return Err(format!("Incorrect type. Expected pk value, received {}.", python_type(value)));
    };
    i32::try_from(number).map_err(|_unfit| unknown(&number.to_string()))
}

/// A reference to a UUID, with or without dashes.
pub(super) fn uuid(value: &Value) -> Coerced<Uuid> {
    match value {
        Value::String(text) => Uuid::try_parse(text.trim()).map_err(|_unfit| not_a_uuid(text.trim())),
        Value::Number(number) => Err(unknown(&number.to_string())),
        Value::Null => Err(unknown("None")),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(format!("Incorrect type. Expected pk value, received {}.", python_type(value)))
        }
    }
}

/// A list; the faults of its items are the list's. Of equal items one is kept.
pub(super) fn list<T: Ord + Copy>(value: &Value, item: impl Fn(&Value) -> Coerced<T>) -> Coerced<Vec<T>> {
    let Value::Array(items) = value else {
        return Err(format!("Expected a list of items but got type \"{}\".", python_type(value)));
    };
    let mut seen = BTreeSet::new();
    let mut found = Vec::with_capacity(items.len());
    for value in items {
        let one = item(value)?;
        if seen.insert(one) {
            found.push(one);
        }
    }
    Ok(found)
}

/// The sentence for a UUID that is none.
pub fn not_a_uuid(text: &str) -> String {
    format!("“{text}” is not a valid UUID.")
}

fn unknown(key: &str) -> String {
    crate::error::unknown_reference(key)
}

fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole_float(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            let whole = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|it| it == b'0'));
            whole.map_or(text, |(whole, _)| whole).parse().ok()
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Digits that no number of ours holds, as the farthest number on their side.
fn beyond(value: &Value) -> Option<i64> {
    let text = value.as_str()?.trim();
    let (digits, farthest) = match text.strip_prefix('-') {
        Some(digits) => (digits, i64::MIN),
        None => (text, i64::MAX),
    };
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(farthest)
}

fn whole_float(number: f64) -> Option<i64> {
    // Beyond this, floats no longer tell whole numbers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() != 0.0 || number.abs() > EXACT {
        return None;
    }
    format!("{number:.0}").parse().ok()
}

/// Whether there is NUL in any text within.
pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Borrow;
    use std::fmt::Debug;

    use scimitar_domain::UserKind;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check<T: Debug>(read: impl Fn(&Value) -> Coerced<T>, value: impl Borrow<Value>, expected: &str) {
        let value = value.borrow();
        let got = match read(value) {
            Ok(read) => format!("{read:?}"),
            Err(sentence) => sentence,
        };
        assert_eq!(got, expected, "{value}");
    }

    #[test]
    fn text_is_trimmed_and_takes_numbers() {
        check(text, json!(" ada "), "\"ada\"");
        check(text, json!(1), "\"1\"");
        check(text, json!(1.5), "\"1.5\"");
        check(text, json!(true), "Not a valid string.");
        check(text, json!([]), "Not a valid string.");
        check(text, json!({}), "Not a valid string.");
        check(text, json!("a\0"), NUL_REFUSED);
    }

    #[test]
    fn keys_of_a_foreign_kind_say_something_and_not_too_much() {
        let read = |value: &Value| filled_text(value, 3);
        check(read, json!(" äöü "), "\"äöü\"");
        check(read, json!(" "), "This field may not be blank.");
        check(read, json!("abcd"), "Ensure this field has no more than 3 characters.");
    }

    #[test]
    fn booleans_come_in_many_forms() {
        for value in [json!(true), json!("true"), json!("Yes"), json!("on"), json!("1"), json!(1)] {
            check(boolean, value, "true");
        }
        for value in [json!(false), json!("false"), json!("NO"), json!("off"), json!("0"), json!(0)] {
            check(boolean, value, "false");
        }
        for value in [json!("maybe"), json!(2), json!([]), json!("")] {
            check(boolean, value, "Must be a valid boolean.");
        }
    }

    #[test]
    fn integers_come_as_digits_too() {
        check(integer, json!(7), "7");
        check(integer, json!("7"), "7");
        check(integer, json!("7.0"), "7");
        check(integer, json!(7.0), "7");
        check(integer, json!(7.5), "A valid integer is required.");
        check(integer, json!("x"), "A valid integer is required.");
        check(integer, json!(true), "A valid integer is required.");
        check(integer, json!(3_000_000_000_i64), "Ensure this value is less than or equal to 2147483647.");
        let most = "Ensure this value is less than or equal to 2147483647.";
        check(integer, json!("99999999999999999999"), most);
        let least = "Ensure this value is greater than or equal to -2147483648.";
        check(integer, json!("-99999999999999999999"), least);
        check(integer, json!("-"), "A valid integer is required.");
    }

    #[test]
    fn keys_are_numbers_of_objects_that_may_exist() {
        check(key, json!("12"), "12");
        check(key, json!("abc"), "Incorrect type. Expected pk value, received str.");
        check(key, json!(false), "Incorrect type. Expected pk value, received bool.");
        check(key, json!({}), "Incorrect type. Expected pk value, received dict.");
        check(key, json!(99_999_999_999_i64), "Invalid pk \"99999999999\" - object does not exist.");
        check(
            key,
            json!("99999999999999999999"),
            "Invalid pk \"99999999999999999999\" - object does not exist.",
        );
    }

    #[test]
    fn uuids_come_with_or_without_dashes() {
        let nil = "00000000-0000-0000-0000-000000000000";
        check(uuid, json!(nil), nil);
        check(uuid, json!("00000000000000000000000000000000"), nil);
        check(uuid, json!("x"), "“x” is not a valid UUID.");
        check(uuid, json!(5), "Invalid pk \"5\" - object does not exist.");
    }

    #[test]
    fn lists_are_lists() {
        let keys = |value: &Value| list(value, key);
        check(keys, json!([1, "2", 1]), "[1, 2]");
        check(keys, json!("1"), "Expected a list of items but got type \"str\".");
        check(keys, json!({}), "Expected a list of items but got type \"dict\".");
        check(keys, json!([null]), "Invalid pk \"None\" - object does not exist.");
    }

    #[test]
    fn moments_are_iso_8601() {
        let ten = "2025-05-15T10:00:00Z";
        check(moment, json!(ten), ten);
        check(moment, json!("2025-05-15T12:00+02:00"), ten);
        check(moment, json!("2025-05-15 10:00"), ten);
        check(moment, json!("2025-05-15"), "2025-05-15T00:00:00Z");
        check(moment, json!("2025-05-15T10:00:00.1234567Z"), "2025-05-15T10:00:00.123456Z");
        check(moment, json!("yesterday"), NOT_A_DATE);
        check(moment, json!(5), NOT_A_DATE);
        check(moment, json!("+12025-05-15T10:00:00Z"), NOT_A_DATE);
    }

    #[test]
    fn choices_quote_what_they_do_not_know() {
        check(choice::<UserKind>, json!("external"), "External");
        check(choice::<UserKind>, json!("bogus"), "\"bogus\" is not a valid choice.");
        check(choice::<UserKind>, json!(true), "\"True\" is not a valid choice.");
    }

    #[test]
    fn objects_carry_no_nul() {
        check(object, json!({"a": [{"b": "x\0"}]}), "Null characters are not allowed.");
        check(object, json!("{}"), NOT_AN_OBJECT);
        check(object, json!({"a": 1}), "{\"a\": Number(1)}");
    }
}
