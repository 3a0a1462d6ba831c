//! Filters (RFC 7644 §3.4.2.2): writing them, reading them, judging them by a schema, and answering them.
//!
//! [`Filter`] is what stands in the text, and printing one and reading it back gives the same. [`Condition`] is
//! what it means for a kind of resource: every name is an attribute, every literal has the attribute's type. Only
//! a condition can be answered, by [`Condition::matches`] or by a query that somebody else builds from it; so a
//! clause that nobody understands is a refusal, never a clause that is dropped.
//!
//! Reading takes time linear in the text, and length, depth and number of terms are bounded by [`Rules`].

mod check;
mod compare;
mod condition;
mod evaluate;
mod literal;
mod parse;
mod print;
mod rules;
mod syntax;

use serde_json::Value;

pub use condition::{Comparison, Condition, Operand, Text, Unknown};
pub use literal::Literal;
pub use rules::Rules;
pub use syntax::{Filter, Operator};

pub(crate) use compare::{compare as compare_numbers, fold, instant};

/// `attribute eq "value"`.
///
/// The value is written as a JSON string, as the grammar's `compValue` demands, so that quotes and backslashes
/// in a name can neither break the filter nor widen it.
pub fn eq(attribute: &str, value: &str) -> String {
    format!("{attribute} eq {}", quoted(value))
}

/// `attribute[sub eq "value"]`: the path of one element of a multi-valued attribute (RFC 7644 §3.5.2).
pub fn element(attribute: &str, sub: &str, value: &str) -> String {
    format!("{attribute}[{}]", eq(sub, value))
}

fn quoted(value: &str) -> String {
    Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_json_strings() {
        for (value, expected) in [
            ("ada", r#"userName eq "ada""#),
            ("", r#"userName eq """#),
            (r#"o"neil"#, r#"userName eq "o\"neil""#),
            (r"corp\ada", r#"userName eq "corp\\ada""#),
            (r#"" or userName pr or userName eq ""#, r#"userName eq "\" or userName pr or userName eq \"""#),
            ("a\nb\tc", r#"userName eq "a\nb\tc""#),
            ("\u{1}", r#"userName eq "\u0001""#),
            ("zoë ✓ 😀", r#"userName eq "zoë ✓ 😀""#),
            ("a/b]c[", r#"userName eq "a/b]c[""#),
        ] {
            assert_eq!(eq("userName", value), expected, "{value}");
        }
    }

    #[test]
    fn an_element_is_selected_by_one_comparison() {
        assert_eq!(element("members", "value", r#"7"x"#), r#"members[value eq "7\"x"]"#);
    }

    proptest! {
        #[test]
        fn a_printed_value_reads_back(value in any::<String>()) {
            let filter = eq("externalId", &value);
            let literal = filter.strip_prefix("externalId eq ").unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(literal).unwrap(), value);
        }

        /// The literal ends at its own closing quote: nothing of the value escapes into the filter.
        #[test]
        fn a_value_stays_inside_its_quotes(value in "[\"\\\\\\] a-z]{0,24}") {
            let path = element("members", "value", &value);
            let literal = path.strip_prefix("members[value eq ").unwrap();
            let mut values = serde_json::Deserializer::from_str(literal).into_iter::<String>();
            prop_assert_eq!(values.next().unwrap().unwrap(), value);
            prop_assert_eq!(literal.get(values.byte_offset()..), Some("]"));
        }
    }
}
