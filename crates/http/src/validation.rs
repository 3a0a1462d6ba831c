//! The sentences for the codes of the domain's rules.

use std::borrow::Cow;

use scimitar_domain::rules::code;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// Field names of the struct, each with the sentence of its first fault.
pub(crate) fn sentences(faults: &ValidationErrors) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = faults
        .errors()
        .iter()
        .filter_map(|(name, kind)| match kind {
            ValidationErrorsKind::Field(faults) => Some((name.as_ref(), first(faults)?)),
            ValidationErrorsKind::Struct(_) | ValidationErrorsKind::List(_) => {
                Some((name.as_ref(), "Invalid input.".to_owned()))
            }
        })
        .collect();
    // The validator keeps its findings in a hash map; answers are the same every time.
    found.sort_unstable();
    found
}

fn first(faults: &[ValidationError]) -> Option<String> {
    faults.iter().find(|fault| fault.code != code::MAX_LENGTH).or_else(|| faults.first()).map(sentence)
}

fn sentence(fault: &ValidationError) -> String {
    let number = |name: &str| {
        fault
            .params
            .get(&Cow::Borrowed(name))
            .and_then(serde_json::Value::as_i64)
            .map_or(String::new(), |it| it.to_string())
    };
    match fault.code.as_ref() {
        code::BLANK => "This field may not be blank.".into(),
        code::CHOICE => "Select a valid choice.".into(),
        code::DURATION => "Duration in the format of hours=1,minutes=5,seconds=5.".into(),
        code::EMAIL => "Enter a valid email address.".into(),
        code::MAX_LENGTH => format!("Ensure this field has no more than {} characters.", number("max")),
        code::NUL => "Null characters are not allowed.".into(),
        code::PATH_EDGES => "No leading or trailing slashes allowed.".into(),
        code::PATH_SEGMENTS => "No empty segments in user path allowed.".into(),
        code::RANGE => format!("Ensure this value is greater than or equal to {}.", number("min")),
        code::SLUG => "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.".into(),
        code::URL => "Enter a valid URL.".into(),
        code::URL_CREDENTIALS => "The URL may not hold a user name or a password; use the token.".into(),
        // A rule without a sentence of its own brings one along, or gets the plainest.
        _other => fault.message.clone().map_or_else(|| "Invalid input.".into(), Cow::into_owned),
    }
}
