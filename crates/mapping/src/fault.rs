//! What an exception says to the author of a mapping.

use monty_types::{ExcType, MontyException};

use crate::{
    MappingError, SyntaxFault,
    compile::{Compiled, Kind},
};

/// An exception as an error of the mapping.
pub(crate) fn failed(mapping: &str, exception: &MontyException, compiled: &Compiled) -> MappingError {
    let place = compiled.place(exception);
    MappingError::Failed {
        mapping: mapping.to_owned(),
        kind: exception.exc_type().to_string(),
        message: explain(exception, compiled.kind),
        line: place.line,
        column: place.column,
        text: place.text,
    }
}

/// An expression that was stored and does not compile.
pub(crate) fn uncompilable(mapping: &str, fault: SyntaxFault) -> MappingError {
    let SyntaxFault { line, column, text, message } = fault;
    MappingError::Failed {
        mapping: mapping.to_owned(),
        kind: "SyntaxError".to_owned(),
        message,
        line,
        column,
        text,
    }
}

/// A fault of the interpreter itself.
pub(crate) fn broken(mapping: &str, source: &str) -> MappingError {
    MappingError::Failed {
        mapping: mapping.to_owned(),
        kind: "SystemError".to_owned(),
        message: "the interpreter failed; please report this expression".to_owned(),
        line: 1,
        column: 1,
        text: source.lines().next().unwrap_or_default().to_owned(),
    }
}

fn explain(exception: &MontyException, kind: Kind) -> String {
    let message = exception.message().unwrap_or_default();
    let better = match exception.exc_type() {
        ExcType::NameError => quoted(message).and_then(|name| absent(name, kind)),
        ExcType::AttributeError => match quoted(message) {
            Some("Group") if message.ends_with("'users'") || message.ends_with("'members'") => Some(
                "members are not in scope of a mapping: the synchronisation sends them itself".to_owned(),
            ),
            Some("User" | "Group") if message.ends_with("'objects'") => {
                Some("mappings see only what is in scope: the user, his groups and `ak_user_by()`".to_owned())
            }
            _ => None,
        },
        _ => None,
    };
    better.unwrap_or_else(|| message.to_owned())
}

/// The first name that stands between single quotes.
fn quoted(message: &str) -> Option<&str> {
    message.split('\'').nth(1)
}

/// What is known elsewhere and not here.
fn absent(name: &str, kind: Kind) -> Option<String> {
    let why = match name {
        "requests" | "resolve_dns" | "reverse_dns" => "mappings cannot make network calls",
        "ak_send_email" => "mappings cannot send mail",
        "ak_create_event" => "mappings cannot write events",
        "ak_call_policy" => "there are no policies to call",
        "ak_create_jwt" | "ak_create_jwt_raw" => "mappings cannot issue tokens",
        "ak_user_has_authenticator" => "authenticators are not kept here",
        "ip_address" | "ip_network" | "http_request" | "ak_client_ip" | "geoip" | "asn" => {
            "a synchronisation has no client and no request"
        }
        "open" | "exec" | "eval" | "compile" | "__import__" | "globals" | "locals" => {
            "mappings cannot reach the system they run on"
        }
        "user" if kind == Kind::Group => "this mapping runs for a group",
        "group" if kind == Kind::User => "this mapping runs for a user",
        _ => return None,
    };
    Some(format!("`{name}` is not available here: {why}"))
}
