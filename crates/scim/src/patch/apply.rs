//! Doing the operations of a PATCH to a resource, in their order.

use serde_json::{Map, Value};

use super::attribute::{Budget, Change, change};
use super::read::{Op, Operation};
use crate::dialect::UnknownAttributes;
use crate::error::{Reason, ScimError, shown};
use crate::filter::Filter;
use crate::resource::{Attributes, complete};
use crate::schema::{Place, ResourceType, Schema, Target};
use crate::{AttrPath, Dialect, Path, attribute};

/// A resource after a PATCH.
#[derive(Debug, Clone, PartialEq)]
pub struct Patched {
    pub resource: Attributes,
    /// Whether anything is different: without a change there is no new version (RFC 7644 §3.5.2).
    pub changed: bool,
}

/// Do all of `operations`, or none: on an error `resource` is what it was.
///
/// Each operation sees what those before it did. What must hold for the resource as a whole is checked at the end.
pub fn apply(
    kind: &ResourceType,
    resource: &Attributes,
    operations: Vec<Operation>,
    dialect: &Dialect,
) -> Result<Patched, ScimError> {
    let mut patched = resource.clone();
    let patch = Patch { kind, dialect, budget: Budget::whole() };
    for operation in operations {
        let number = operation.number;
        patch.step(&mut patched, operation).map_err(|error| at(number, &error))?;
    }
    complete(kind, &mut patched)?;
    let changed = patched != *resource;
    Ok(Patched { resource: patched, changed })
}

/// The refusal of one operation of several.
pub(super) fn at(number: usize, error: &ScimError) -> ScimError {
    error.reason.because(format!("operation {number}: {}", error.detail))
}

struct Patch<'a> {
    kind: &'a ResourceType,
    dialect: &'a Dialect,
    budget: Budget,
}

/// What a path of an operation comes to.
struct Selection<'a> {
    filter: Option<&'a Filter>,
    sub: Option<&'a str>,
}

impl Patch<'_> {
    fn step(&self, resource: &mut Attributes, operation: Operation) -> Result<(), ScimError> {
        let Operation { number: _, op, path, value } = operation;
        let Some(path) = path else { return self.without_path(resource, op, value) };
        let path = self.meant(path);
        match self.kind.place(&path.attribute) {
            Some(Place::Attribute(target)) => {
                let selection = Selection { filter: path.filter.as_ref(), sub: path.sub.as_deref() };
                self.attribute(resource, op, target, &selection, value)
            }
            Some(Place::Extension(extension)) if path.filter.is_none() => {
                self.extension(resource, op, extension, value)
            }
            Some(Place::Resource) if path.filter.is_none() => self.without_path(resource, op, value),
            Some(Place::Extension(_) | Place::Resource) | None => self.unknown(&path),
        }
    }

    /// The path with the URN that the client means.
    fn meant(&self, mut path: Path) -> Path {
        if self.dialect.urn_aliases.is_empty() || self.kind.place(&path.attribute).is_some() {
            return path;
        }
        let attribute = path.attribute.to_string();
        let whole = self.dialect.urn(&attribute);
        if whole != attribute
            && let Some(meant) = AttrPath::parse(whole)
        {
            path.attribute = meant;
        } else if let Some(urn) = &path.attribute.urn {
            path.attribute.urn = Some(self.dialect.urn(urn).to_owned());
        }
        path
    }

    fn unknown(&self, path: &Path) -> Result<(), ScimError> {
        if self.dialect.unknown_paths_ignored {
            return Ok(());
        }
        let (name, kind) = (shown(&path.attribute.to_string()), &self.kind.name);
        Err(Reason::InvalidPath.because(format!("there is no attribute {name} in a {kind}")))
    }

    /// An object of attributes (RFC 7644 §3.5.2.1, §3.5.2.3), whose keys may be paths in most dialects.
    fn without_path(&self, resource: &mut Attributes, op: Op, value: Value) -> Result<(), ScimError> {
        if op == Op::Remove {
            return Err(Reason::NoTarget.because("`remove` needs a `path`"));
        }
        let Value::Object(members) = value else {
            let detail = format!("`{}` without a `path` needs an object of attributes", op.word());
            return Err(Reason::InvalidValue.because(detail));
        };
        for (name, value) in members {
            self.member(resource, op, name, value)?;
        }
        Ok(())
    }

    fn member(&self, resource: &mut Attributes, op: Op, name: String, value: Value) -> Result<(), ScimError> {
        let path = match AttrPath::parse(&name) {
            Some(path) => Some(Path::from(path)),
            None if self.dialect.keys_are_paths => Path::parse(&name, &self.dialect.rules()).ok(),
            None => None,
        };
        let path = path.map(|path| self.meant(path));
        let place = path.as_ref().and_then(|path| self.kind.place(&path.attribute));
        match (path, place) {
            (Some(path), Some(Place::Attribute(target))) => {
                if self.is_echo(resource, &target, &value) {
                    return Ok(());
                }
                if !self.dialect.keys_are_paths
                    && (path.attribute.sub.is_some() || path.attribute.urn.is_some())
                {
                    return self.unknown_member(resource, name, value);
                }
                let selection = Selection { filter: path.filter.as_ref(), sub: path.sub.as_deref() };
                self.attribute(resource, op, target, &selection, value)
            }
            (Some(_), Some(Place::Extension(extension))) => self.extension(resource, op, extension, value),
            (Some(_), Some(Place::Resource)) => self.without_path(resource, op, value),
            (Some(_) | None, Some(Place::Attribute(_) | Place::Extension(_) | Place::Resource) | None) => {
                self.unknown_member(resource, name, value)
            }
        }
    }

    /// Whether a client only sends back what the service keeps: Okta renames a group with its `id` beside the name,
    /// and others send the whole resource with its `meta`.
    fn is_echo(&self, resource: &Attributes, target: &Target<'_>, value: &Value) -> bool {
        let name = &*target.attribute.name;
        name == "schemas"
            || target.attribute.is_read_only()
                && (resource.get(name) == Some(value) || name == "meta" && self.dialect.loose_schemas)
    }

    fn unknown_member(&self, resource: &mut Attributes, name: String, value: Value) -> Result<(), ScimError> {
        match self.dialect.unknown {
            UnknownAttributes::Refused => {
                let detail = format!("there is no attribute {} in a {}", shown(&name), self.kind.name);
                return Err(Reason::InvalidPath.because(detail));
            }
            // The object of an extension that we do not know is kept, as it is when it comes in a whole resource.
            UnknownAttributes::Ignored if !(crate::urn::is_urn(&name) && value.is_object()) => {}
            UnknownAttributes::Ignored | UnknownAttributes::Stored => {
                self.set_unknown(resource, name, value)?;
            }
        }
        Ok(())
    }

    fn extension(
        &self,
        resource: &mut Attributes,
        op: Op,
        extension: &Schema,
        value: Value,
    ) -> Result<(), ScimError> {
        if op == Op::Remove || value.is_null() {
            if op != Op::Add {
                resource.shift_remove(&*extension.id);
            }
            return Ok(());
        }
        let Value::Object(members) = value else {
            return Err(Reason::InvalidValue.because(format!("`{}` must be an object", extension.id)));
        };
        for (name, value) in members {
            let sub_path = AttrPath::parse(&name);
            let attribute = sub_path.as_ref().and_then(|path| extension.attribute(&path.name));
            let sub = match (&sub_path, attribute) {
                (Some(AttrPath { sub: Some(sub), .. }), Some(attribute)) => attribute.sub(sub).map(Some),
                _ => Some(None),
            };
            let (Some(attribute), Some(sub)) = (attribute, sub) else {
                self.unknown_in(resource, extension, name, value)?;
                continue;
            };
            let target = Target { extension: Some(extension), attribute, sub };
            self.attribute(resource, op, target, &Selection { filter: None, sub: None }, value)?;
        }
        Ok(())
    }

    fn unknown_in(
        &self,
        resource: &mut Attributes,
        extension: &Schema,
        name: String,
        value: Value,
    ) -> Result<(), ScimError> {
        if self.dialect.unknown == UnknownAttributes::Refused {
            let detail = format!("there is no attribute {} in `{}`", shown(&name), extension.id);
            return Err(Reason::InvalidPath.because(detail));
        }
        in_container(resource, Some(extension), |inner| self.set_unknown(inner, name, value))
    }

    fn set_unknown(&self, members: &mut Attributes, name: String, value: Value) -> Result<(), ScimError> {
        self.budget.spend(members.len())?;
        match value {
            Value::Null => attribute::drop(members, &name),
            value => attribute::put(members, name, value),
        }
        Ok(())
    }

    fn attribute(
        &self,
        resource: &mut Attributes,
        op: Op,
        target: Target<'_>,
        selection: &Selection<'_>,
        value: Value,
    ) -> Result<(), ScimError> {
        // The stored `schemas` follows from what is there (RFC 7643 §3).
        if target.attribute.name == "schemas" {
            return Ok(());
        }
        let sub = match selection.sub {
            Some(name) => Some(target.attribute.sub(name).ok_or_else(|| {
                let detail = format!("`{}` has no part {}", target.attribute.name, shown(name));
                Reason::InvalidPath.because(detail)
            })?),
            None => target.sub,
        };
        let target = Target { sub, ..target };
        if target.attribute.is_read_only() || target.leaf().is_read_only() {
            return Err(Reason::Mutability.because(format!("`{}` is read-only", target.name())));
        }
        let (filter, dialect, budget) = (selection.filter, self.dialect, &self.budget);
        let wanted = Change { op, target, filter, dialect, budget };
        in_container(resource, target.extension, |inner| change(&wanted, inner, value))
    }
}

/// Work on the resource itself or on an extension's object, which is there only while something is in it.
fn in_container(
    resource: &mut Attributes,
    extension: Option<&Schema>,
    work: impl FnOnce(&mut Attributes) -> Result<(), ScimError>,
) -> Result<(), ScimError> {
    let Some(extension) = extension else { return work(resource) };
    let slot = resource.entry(extension.id.to_string()).or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    let Value::Object(inner) = slot else { return Ok(()) };
    let outcome = work(inner);
    if inner.is_empty() {
        resource.shift_remove(&*extension.id);
    }
    outcome
}
