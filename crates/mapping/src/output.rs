//! From what an expression returned to JSON.

use monty_types::{MontyDate, MontyDateTime, MontyObject};
use serde_json::{Map, Number, Value};

/// What all mappings of a set came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The merged object. Nulls are left in: which of them count is the caller's affair.
    Object(Map<String, Value>),
    /// A mapping raised `SkipObject`: leave this object alone.
    Skip,
}

/// What one mapping came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// What it returned, of whatever kind.
    Value(Value),
    /// It raised `SkipObject`.
    Skip,
}

/// Why a result is no JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    TooLarge,
    Kind { path: String, kind: String },
}

/// What a value weighs besides its text: small things are many where they are a danger.
pub(crate) const NODE: usize = 16;

/// Turns a result into JSON of at most `limit` bytes of text, counting each value for [`NODE`].
pub(crate) fn to_json(object: MontyObject, limit: usize) -> Result<Value, Unfit> {
    Converter { left: limit, path: Vec::new() }.value(object)
}

/// Python's name for what kind of value this is.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "None",
        Value::Bool(_) => "a bool",
        Value::Number(number) if number.is_f64() => "a float",
        Value::Number(_) => "an int",
        Value::String(_) => "a str",
        Value::Array(_) => "a list",
        Value::Object(_) => "a dict",
    }
}

struct Converter {
    left: usize,
    path: Vec<String>,
}

impl Converter {
    fn value(&mut self, object: MontyObject) -> Result<Value, Unfit> {
        self.pay(NODE)?;
        Ok(match object {
            MontyObject::None => Value::Null,
            MontyObject::Bool(value) => Value::Bool(value),
            MontyObject::Int(value) => Value::from(value),
            MontyObject::BigInt(value) => match value.to_string().parse::<u64>() {
                Ok(value) => Value::from(value),
                Err(_) => return Err(self.unfit("an int beyond 64 bits")),
            },
            MontyObject::Float(value) => match Number::from_f64(value) {
                Some(number) => Value::Number(number),
                None => return Err(self.unfit("a float that is no number")),
            },
            MontyObject::String(value) => {
                self.pay(value.len())?;
                Value::String(value)
            }
            MontyObject::List(items) | MontyObject::Tuple(items) => Value::Array(self.list(items)?),
            MontyObject::NamedTuple { values, .. } => Value::Array(self.list(values)?),
            MontyObject::Set(items) | MontyObject::FrozenSet(items) => {
                let mut values = self.list(items)?;
                // A set has no order; a result must have one, or it would seem changed with every evaluation.
                values.sort_by_cached_key(Value::to_string);
                Value::Array(values)
            }
            MontyObject::Dict(pairs) => {
                let mut map = Map::new();
                for (key, value) in pairs {
                    let key = self.key(key)?;
                    self.path.push(format!(".{key}"));
                    let value = self.value(value)?;
                    self.path.pop();
                    map.insert(key, value);
                }
                Value::Object(map)
            }
            MontyObject::DateTime(moment) => Value::String(iso_date_time(&moment)),
            MontyObject::Date(date) => Value::String(iso_date(&date)),
            MontyObject::Cycle(..) => return Err(Unfit::TooLarge),
            other => return Err(self.unfit(other_kind(&other))),
        })
    }

    fn list(&mut self, items: Vec<MontyObject>) -> Result<Vec<Value>, Unfit> {
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            self.path.push(format!("[{index}]"));
            values.push(self.value(item)?);
            self.path.pop();
        }
        Ok(values)
    }

    fn key(&mut self, key: MontyObject) -> Result<String, Unfit> {
        match key {
            MontyObject::String(key) => {
                self.pay(key.len())?;
                Ok(key)
            }
            MontyObject::Int(key) => Err(self.unfit(&format!("a dict with the key {key}, which is no str"))),
            _ => Err(self.unfit("a dict with a key that is no str")),
        }
    }

    fn pay(&mut self, bytes: usize) -> Result<(), Unfit> {
        self.left = self.left.checked_sub(bytes).ok_or(Unfit::TooLarge)?;
        Ok(())
    }

    fn unfit(&self, kind: &str) -> Unfit {
        let path = self.path.concat();
        Unfit::Kind { path: path.trim_start_matches('.').to_owned(), kind: kind.to_owned() }
    }
}

fn other_kind(object: &MontyObject) -> &'static str {
    match object {
        MontyObject::Bytes(_) => "bytes",
        MontyObject::Function { .. } | MontyObject::BuiltinFunction(_) => "a function",
        MontyObject::Type(_) => "a type",
        MontyObject::Exception { .. } => "an exception",
        MontyObject::ClassInstance(_) => "an object",
        _ => "a value",
    }
}

fn iso_date(date: &MontyDate) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// As Python's `isoformat()` writes it.
fn iso_date_time(moment: &MontyDateTime) -> String {
    let MontyDateTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
        microsecond,
        offset_seconds,
        timezone_name: _,
    } = moment;
    let fraction = if *microsecond > 0 { format!(".{microsecond:06}") } else { String::new() };
    let zone = offset_seconds.map_or_else(String::new, |offset| {
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.unsigned_abs() / 60;
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    });
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn dict(pairs: Vec<(&str, MontyObject)>) -> MontyObject {
        MontyObject::dict(
            pairs
                .into_iter()
                .map(|(key, value)| (MontyObject::String(key.into()), value))
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_fault_names_the_path_to_it() {
        let bytes = MontyObject::Bytes(vec![1]);
        let object =
            dict(vec![("emails", MontyObject::List(vec![MontyObject::None, dict(vec![("value", bytes)])]))]);
        let expected = Unfit::Kind { path: "emails[1].value".into(), kind: "bytes".into() };
        assert_eq!(to_json(object, 1000), Err(expected));
    }

    #[test]
    fn sets_have_an_order() {
        let set = MontyObject::Set(vec![MontyObject::String("b".into()), MontyObject::String("a".into())]);
        assert_eq!(to_json(set, 1000), Ok(json!(["a", "b"])));
    }

    #[test]
    fn not_a_number_is_not_json() {
        assert!(to_json(MontyObject::Float(f64::NAN), 100).is_err());
        assert_eq!(to_json(MontyObject::Float(1.5), 100), Ok(json!(1.5)));
    }

    #[test]
    fn the_limit_counts_text_and_nodes() {
        assert_eq!(to_json(MontyObject::String("abc".into()), NODE + 3), Ok(json!("abc")));
        assert_eq!(to_json(MontyObject::String("abc".into()), NODE + 2), Err(Unfit::TooLarge));
        assert_eq!(to_json(MontyObject::List(vec![MontyObject::None; 4]), 4 * NODE), Err(Unfit::TooLarge));
    }
}
