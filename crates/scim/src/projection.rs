//! What of a resource is returned: `attributes`, `excludedAttributes`, and the schema's `returned`
//! (RFC 7644 §3.4.2.5, §3.9; RFC 7643 §7).

use serde_json::{Map, Value};

use crate::error::{Reason, ScimError};
use crate::resource::Attributes;
use crate::schema::{Attribute, Place, ResourceType, Returned, Schema, Target};
use crate::{AttrPath, Dialect};

/// A choice of attributes, made once and applied to each resource of a response.
#[derive(Debug, Clone)]
pub struct Projection<'s> {
    kind: &'s ResourceType,
    mode: Mode,
    named: Vec<Named<'s>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// What the schema returns by itself.
    Default,
    Only,
    Without,
}

/// One name of a list.
#[derive(Debug, Clone)]
enum Named<'s> {
    Target(Target<'s>),
    Extension(&'s Schema),
    /// All of the base schema.
    Base,
    /// What no schema knows, in small letters: it may stand in the resource all the same.
    Unknown(String),
}

impl<'s> Projection<'s> {
    /// What the schema returns by itself.
    pub fn default_of(kind: &'s ResourceType) -> Self {
        Self { kind, mode: Mode::Default, named: Vec::new() }
    }

    /// From the two lists of a request, each of which may be empty. Names that mean nothing are no error.
    pub fn read<T: AsRef<str>>(
        kind: &'s ResourceType,
        attributes: &[T],
        excluded: &[T],
        dialect: &Dialect,
    ) -> Result<Self, ScimError> {
        if !attributes.is_empty() && !excluded.is_empty() && !dialect.attributes_win {
            let detail = "give `attributes` or `excludedAttributes`, not both";
            return Err(Reason::InvalidValue.because(detail));
        }
        let (mode, names) = match (attributes.is_empty(), excluded.is_empty()) {
            (true, true) => (Mode::Default, attributes),
            (true, false) => (Mode::Without, excluded),
            (false, _) => (Mode::Only, attributes),
        };
        Ok(Self { kind, mode, named: names.iter().map(|name| named(kind, name.as_ref())).collect() })
    }

    /// Whether anything of an attribute of the base schema is returned. What is not need not be loaded: Entra
    /// reads groups of any size with `excludedAttributes=members`.
    pub fn returns(&self, name: &str) -> bool {
        self.kind.attribute(name).is_some_and(|attribute| {
            let hits = self.hits(None, attribute);
            match attribute.returned {
                Returned::Never => false,
                Returned::Always => true,
                Returned::Request => self.mode == Mode::Only && !hits.is_empty(),
                Returned::Default => match self.mode {
                    Mode::Default => true,
                    Mode::Only => !hits.is_empty(),
                    Mode::Without => hits.iter().all(Option::is_some),
                },
            }
        })
    }

    /// The part of `resource` that is returned.
    pub fn apply(&self, resource: Attributes) -> Attributes {
        let mut returned = Map::with_capacity(resource.len());
        for (name, value) in resource {
            let value = if let Some(attribute) = self.kind.attribute(&name) {
                self.attribute(None, attribute, value)
            } else if let Some(extension) = self.kind.extension(&name) {
                self.extension(extension, value)
            } else {
                self.unknown(&name).then_some(value)
            };
            if let Some(value) = value {
                returned.insert(name, value);
            }
        }
        returned
    }

    fn extension(&self, extension: &'s Schema, value: Value) -> Option<Value> {
        let Value::Object(inner) = value else { return Some(value) };
        let is_named =
            self.named.iter().any(|named| matches!(named, Named::Extension(it) if *it == extension));
        let mut returned = Map::with_capacity(inner.len());
        for (name, value) in inner {
            let value = match extension.attribute(&name) {
                Some(attribute) => self.attribute(Some(extension), attribute, value),
                None => ((self.mode == Mode::Only) == is_named).then_some(value),
            };
            if let Some(value) = value {
                returned.insert(name, value);
            }
        }
        (!returned.is_empty()).then_some(Value::Object(returned))
    }

    fn unknown(&self, name: &str) -> bool {
        let folded = name.to_ascii_lowercase();
        let is_named = self.named.iter().any(|named| match named {
            Named::Unknown(unknown) => *unknown == folded,
            Named::Target(_) | Named::Extension(_) | Named::Base => false,
        });
        match self.mode {
            Mode::Default => true,
            Mode::Only => is_named,
            Mode::Without => !is_named,
        }
    }

    fn attribute(&self, extension: Option<&Schema>, attribute: &Attribute, value: Value) -> Option<Value> {
        if attribute.returned == Returned::Never {
            return None;
        }
        let hits = self.hits(extension, attribute);
        let is_whole = hits.iter().any(Option::is_none);
        let is_always = attribute.returned == Returned::Always;
        let by_schema = attribute.returned != Returned::Request;
        let returned = match self.mode {
            Mode::Default => is_always || by_schema,
            Mode::Only => is_always || !hits.is_empty(),
            Mode::Without => is_always || by_schema && !is_whole,
        };
        if !returned {
            return None;
        }
        if !attribute.is_complex() {
            return Some(value);
        }
        let keeps = |sub: &Attribute| {
            let is_hit = hits.iter().flatten().any(|hit| hit.name == sub.name);
            match sub.returned {
                Returned::Never => false,
                Returned::Always => true,
                Returned::Request => self.mode == Mode::Only && is_hit,
                Returned::Default => match self.mode {
                    Mode::Default => true,
                    Mode::Only => is_whole || is_hit || hits.is_empty(),
                    Mode::Without => !is_hit,
                },
            }
        };
        // A part that no schema knows goes with the whole.
        let keeps_unknown = self.mode != Mode::Only || is_whole;
        parts(attribute, value, &keeps, keeps_unknown)
    }

    /// How the request names an attribute: by itself (`None`) or by one of its parts.
    fn hits(&self, extension: Option<&Schema>, attribute: &Attribute) -> Vec<Option<&'s Attribute>> {
        let hit = |named: &Named<'s>| match named {
            Named::Target(target) => (target.extension == extension
                && target.attribute.name == attribute.name)
                .then_some(target.sub),
            Named::Extension(schema) => (extension == Some(*schema)).then_some(None),
            Named::Base => extension.is_none().then_some(None),
            Named::Unknown(_) => None,
        };
        self.named.iter().filter_map(hit).collect()
    }
}

/// The names of a list in a query: parted by commas, with spaces around them.
pub fn names(list: &str) -> Vec<&str> {
    // A comma within brackets, of which Microsoft's own tests send some, parts nothing.
    let mut depth = 0_usize;
    let parted = list.split(move |char| {
        match char {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        char == ',' && depth == 0
    });
    parted.map(str::trim).filter(|name| !name.is_empty()).collect()
}

fn named<'s>(kind: &'s ResourceType, name: &str) -> Named<'s> {
    // `emails[type eq "work"]` is all of them: a projection selects no elements.
    let name = name.trim();
    let (start, rest) = name.split_once('[').unwrap_or((name, ""));
    let sub = rest.rsplit_once("].").map(|(_, sub)| sub);
    let path = AttrPath::parse(start).map(|path| match sub {
        Some(sub) if path.sub.is_none() => AttrPath { sub: Some(sub.to_owned()), ..path },
        Some(_) | None => path,
    });
    match path.and_then(|path| kind.place(&path)) {
        Some(Place::Attribute(target)) => Named::Target(target),
        Some(Place::Extension(extension)) => Named::Extension(extension),
        Some(Place::Resource) => Named::Base,
        None => Named::Unknown(name.to_ascii_lowercase()),
    }
}

fn parts(
    attribute: &Attribute,
    value: Value,
    keeps: &dyn Fn(&Attribute) -> bool,
    keeps_unknown: bool,
) -> Option<Value> {
    match value {
        Value::Object(mut inner) => {
            inner.retain(|name, _| attribute.sub(name).map_or(keeps_unknown, keeps));
            (!inner.is_empty()).then_some(Value::Object(inner))
        }
        Value::Array(elements) => {
            let kept = elements.into_iter().filter_map(|it| parts(attribute, it, keeps, keeps_unknown));
            let kept: Vec<Value> = kept.collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        other => Some(other),
    }
}
