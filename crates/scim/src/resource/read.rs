//! Reading a resource that a client sends (RFC 7644 §3.3, §3.5.1).

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::complete::complete;
use super::value::{Shape, whole};
use crate::Dialect;
use crate::dialect::UnknownAttributes;
use crate::error::{Reason, ScimError, shown};
use crate::resource::Attributes;
use crate::schema::{Attribute, ResourceType, Schema};
use crate::urn;

/// The body of a POST or PUT as it is kept.
///
/// Read-only attributes are left out, as the RFC demands. A password is in the result: whoever called takes it out
/// before anything is stored.
pub fn read(kind: &ResourceType, body: Value, dialect: &Dialect) -> Result<Attributes, ScimError> {
    let Value::Object(members) = body else {
        return Err(Reason::InvalidSyntax.because("the body must be a JSON object"));
    };
    let mut reader = Reader { kind, dialect, kept: Map::with_capacity(members.len()), seen: HashSet::new() };
    for (name, value) in members {
        reader.take(name, value)?;
    }
    if !dialect.loose_schemas && !reader.kept.contains_key("schemas") {
        return Err(Reason::InvalidSyntax.because("`schemas` is missing"));
    }
    let mut kept = reader.kept;
    complete(kind, &mut kept)?;
    Ok(kept)
}

struct Reader<'a> {
    kind: &'a ResourceType,
    dialect: &'a Dialect,
    kept: Attributes,
    seen: HashSet<String>,
}

impl Reader<'_> {
    fn take(&mut self, name: String, value: Value) -> Result<(), ScimError> {
        if !self.seen.insert(name.to_ascii_lowercase()) {
            return Err(Reason::InvalidSyntax.because(format!("{} is there twice", shown(&name))));
        }
        if name.eq_ignore_ascii_case("schemas") {
            return self.schemas(value);
        }
        if let Some(attribute) = self.kind.attribute(&name) {
            return store(&mut self.kept, attribute, value, self.dialect);
        }
        if !urn::is_urn(&name) {
            return self.unknown(name, value);
        }
        let urn = self.dialect.urn(&name);
        if let Some(extension) = self.kind.extension(urn) {
            return self.extension(extension, value);
        }
        if self.kind.schema.is(urn) {
            return self.base(value);
        }
        // The object of an extension that we do not know is kept for whoever does. Anything else under a URN is
        // nothing that RFC 7643 §3.3 knows.
        match (self.dialect.unknown, &value) {
            (UnknownAttributes::Ignored | UnknownAttributes::Stored, Value::Object(_)) => {
                self.kept.insert(name, value);
                Ok(())
            }
            _ => self.unknown(name, value),
        }
    }

    fn unknown(&mut self, name: String, value: Value) -> Result<(), ScimError> {
        match self.dialect.unknown {
            UnknownAttributes::Ignored => Ok(()),
            UnknownAttributes::Stored => {
                if !value.is_null() {
                    self.kept.insert(name, value);
                }
                Ok(())
            }
            UnknownAttributes::Refused => {
                let detail = format!("there is no attribute {} in a {}", shown(&name), self.kind.name);
                Err(Reason::InvalidValue.because(detail))
            }
        }
    }

    /// What `schemas` says is checked and then forgotten: the stored one follows from the attributes.
    fn schemas(&mut self, value: Value) -> Result<(), ScimError> {
        if self.dialect.loose_schemas {
            return Ok(());
        }
        let Value::Array(urns) = value else {
            return Err(Reason::InvalidSyntax.because("`schemas` must be an array of URNs"));
        };
        let is_known = |urn: &str| self.kind.schema.is(urn) || self.kind.extension(urn).is_some();
        if let Some(stranger) = urns.iter().find(|urn| !urn.as_str().is_some_and(is_known)) {
            let detail = format!("`schemas` names {}, which is unknown", shown(&stranger.to_string()));
            return Err(Reason::InvalidValue.because(detail));
        }
        if !urns.iter().filter_map(Value::as_str).any(|urn| self.kind.schema.is(urn)) {
            let detail = format!("`schemas` must name `{}`", self.kind.schema.id);
            return Err(Reason::InvalidValue.because(detail));
        }
        self.kept.insert("schemas".to_owned(), Value::Array(urns));
        Ok(())
    }

    fn extension(&mut self, extension: &Schema, value: Value) -> Result<(), ScimError> {
        if self.kept.contains_key(&*extension.id) {
            return Err(Reason::InvalidSyntax.because(format!("`{}` is there twice", extension.id)));
        }
        let inner = match value {
            Value::Null => return Ok(()),
            Value::Object(inner) => inner,
            _ => return Err(Reason::InvalidValue.because(format!("`{}` must be an object", extension.id))),
        };
        let mut kept = Map::with_capacity(inner.len());
        let mut seen = HashSet::new();
        for (name, value) in inner {
            if !seen.insert(name.to_ascii_lowercase()) {
                return Err(Reason::InvalidSyntax.because(format!("{} is there twice", shown(&name))));
            }
            match extension.attribute(&name) {
                Some(attribute) => store(&mut kept, attribute, value, self.dialect)?,
                None if self.dialect.unknown == UnknownAttributes::Refused => {
                    let detail = format!("there is no attribute {} in `{}`", shown(&name), extension.id);
                    return Err(Reason::InvalidValue.because(detail));
                }
                // Whoever wrote into an extension meant it.
                None if value.is_null() => {}
                None => {
                    kept.insert(name, value);
                }
            }
        }
        if !kept.is_empty() {
            self.kept.insert(extension.id.to_string(), Value::Object(kept));
        }
        Ok(())
    }

    /// The base schema's attributes under its URN, as some templates have them: they are read as if they stood
    /// outside. Each spelling of the URN is taken once, so this does not go deep.
    fn base(&mut self, value: Value) -> Result<(), ScimError> {
        let Value::Object(inner) = value else {
            let detail = format!("`{}` must be an object", self.kind.schema.id);
            return Err(Reason::InvalidValue.because(detail));
        };
        for (name, value) in inner {
            self.take(name, value)?;
        }
        Ok(())
    }
}

fn store(
    kept: &mut Attributes,
    attribute: &Attribute,
    value: Value,
    dialect: &Dialect,
) -> Result<(), ScimError> {
    if attribute.is_read_only() {
        return Ok(());
    }
    if kept.contains_key(&*attribute.name) {
        return Err(Reason::InvalidSyntax.because(format!("`{}` is there twice", attribute.name)));
    }
    if let Some(value) = whole(Shape::of(attribute), value, dialect)? {
        kept.insert(attribute.name.to_string(), value);
    }
    Ok(())
}
