//! What a PATCH does to the members of a group, as sets.
//!
//! Nothing here looks at the group: the result says what to add and what to take away, in as few steps as there can
//! be. So the cost grows with the request and not with the group.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use serde_json::{Map, Value};

use super::apply::at;
use super::read::{Op, Operation};
use crate::error::{Reason, ScimError};
use crate::filter::{Filter, Literal, Operator};
use crate::resource::{Attributes, Shape, single, whole};
use crate::schema::{Attribute, Place, ResourceType};
use crate::{AttrPath, Dialect, Path, attribute};

/// A member by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id of a user or a group.
    pub value: String,
    /// `User` or `Group`, if the client says.
    pub kind: Option<String>,
}

/// One step. Steps are done in their order; two changes never follow each other.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberStep {
    /// Take all members away.
    Clear,
    /// Add some and take others away; nobody is in both.
    Change { add: BTreeMap<String, Member>, remove: BTreeSet<String> },
    /// Take away whoever satisfies a filter about more than ids, such as `type eq "Group"`.
    RemoveWhere(Filter),
}

/// A request in two parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    pub members: Vec<MemberStep>,
    /// The operations on everything else, for [`apply`](super::apply).
    pub rest: Vec<Operation>,
}

/// Take out of `operations` what concerns `members`.
pub fn split_members(
    kind: &ResourceType,
    operations: Vec<Operation>,
    dialect: &Dialect,
) -> Result<Split, ScimError> {
    let Some(members) = kind.attribute(MEMBERS) else {
        return Ok(Split { members: Vec::new(), rest: operations });
    };
    let mut splitter = Splitter { kind, dialect, members, steps: Steps::default() };
    let mut rest = Vec::with_capacity(operations.len());
    for operation in operations {
        let number = operation.number;
        rest.extend(splitter.take(operation).map_err(|error| at(number, &error))?);
    }
    Ok(Split { members: splitter.steps.finish(), rest })
}

impl Member {
    /// Take the members out of a group that [`resource::read`](crate::resource::read) has read.
    pub fn take_all(group: &mut Attributes) -> Result<BTreeMap<String, Self>, ScimError> {
        let Some(Value::Array(elements)) = group.shift_remove(MEMBERS) else { return Ok(BTreeMap::new()) };
        elements.iter().map(|element| Self::read(element).map(|it| (it.value.clone(), it))).collect()
    }

    fn read(element: &Value) -> Result<Self, ScimError> {
        let id = attribute::text(element, "value").or_else(|| {
            // The id is the last segment of the address.
            let address = attribute::text(element, "$ref")?;
            address.rsplit('/').next().map(str::to_owned)
        });
        let value = id.filter(|id| !id.is_empty()).ok_or_else(|| {
            Reason::InvalidValue.because("each of `members` needs a `value`: the member's id")
        })?;
        Ok(Self { value, kind: attribute::text(element, "type") })
    }
}

const MEMBERS: &str = "members";

struct Splitter<'a> {
    kind: &'a ResourceType,
    dialect: &'a Dialect,
    members: &'a Attribute,
    steps: Steps,
}

impl Splitter<'_> {
    /// Take what concerns the members; what is left of the operation comes back.
    fn take(&mut self, operation: Operation) -> Result<Option<Operation>, ScimError> {
        let Operation { number, op, path, value } = operation;
        match path {
            Some(path) if self.concerns(&path) => self.with_path(op, &path, value).map(|()| None),
            Some(path) => Ok(Some(Operation { number, op, path: Some(path), value })),
            None => self.without_path(number, op, value),
        }
    }

    fn concerns(&self, path: &Path) -> bool {
        match self.kind.place(&path.attribute) {
            Some(Place::Attribute(target)) => target.extension.is_none() && target.attribute.name == MEMBERS,
            Some(Place::Extension(_) | Place::Resource) | None => false,
        }
    }

    fn without_path(&mut self, number: usize, op: Op, value: Value) -> Result<Option<Operation>, ScimError> {
        let left_over = |value| Operation { number, op, path: None, value };
        let Value::Object(all) = value else { return Ok(Some(left_over(value))) };
        let n_all = all.len();
        let mut left = Map::with_capacity(n_all);
        for (name, value) in all {
            let path = match AttrPath::parse(&name) {
                Some(path) => Some(Path::from(path)),
                None if self.dialect.keys_are_paths => Path::parse(&name, &self.dialect.rules()).ok(),
                None => None,
            };
            match path.filter(|path| op != Op::Remove && self.concerns(path)) {
                Some(path) => self.with_path(op, &path, value)?,
                None => {
                    left.insert(name, value);
                }
            }
        }
        let is_done = left.is_empty() && n_all > 0;
        Ok((!is_done).then_some(left_over(Value::Object(left))))
    }

    fn with_path(&mut self, op: Op, path: &Path, value: Value) -> Result<(), ScimError> {
        if path.sub.is_some() || path.attribute.sub.is_some() {
            // A member is who it is (RFC 7643 §4.2).
            let detail = "the parts of a member cannot be changed: remove the member and add another";
            return Err(Reason::Mutability.because(detail));
        }
        match (op, &path.filter) {
            (Op::Add, None) => {
                let members = self.listed(value)?;
                self.steps.add(members);
            }
            (Op::Replace, None) => {
                let members = self.listed(value)?;
                self.steps.clear();
                self.steps.add(members);
            }
            (Op::Remove, None) if self.dialect.remove_by_value && !value.is_null() => {
                let members = self.listed(value)?;
                self.steps.remove(members.into_iter().map(|member| member.value));
            }
            (Op::Remove, None) => self.steps.clear(),
            (Op::Remove, Some(filter)) => self.remove_where(filter)?,
            (Op::Add, Some(filter)) => {
                let mut ids = Vec::new();
                if !collect_ids(filter, &mut ids) {
                    let detail = "to add a member, name it: `members[value eq \"id\"]`";
                    return Err(Reason::NoTarget.because(detail));
                }
                // What is nothing adds nobody.
                let Some(element) = single(Shape::of(self.members), value, self.dialect)? else {
                    return Ok(());
                };
                let kind = attribute::text(&element, "type");
                let named = ids.into_iter().map(|value| Member { value, kind: kind.clone() });
                self.steps.add(named.collect());
            }
            (Op::Replace, Some(_)) => {
                let detail = "a member cannot be replaced by another: remove it and add the other";
                return Err(Reason::Mutability.because(detail));
            }
        }
        Ok(())
    }

    fn listed(&self, value: Value) -> Result<Vec<Member>, ScimError> {
        match whole(Shape::of(self.members), value, self.dialect)? {
            Some(Value::Array(elements)) => elements.iter().map(Member::read).collect(),
            Some(_) | None => Ok(Vec::new()),
        }
    }

    fn remove_where(&mut self, filter: &Filter) -> Result<(), ScimError> {
        let mut ids = Vec::new();
        if collect_ids(filter, &mut ids) {
            self.steps.remove(ids.into_iter());
            return Ok(());
        }
        filter.check_element(self.members)?;
        self.steps.remove_where(filter.clone());
        Ok(())
    }
}

/// The ids that a filter lists; `false` when it says anything else.
fn collect_ids(filter: &Filter, ids: &mut Vec<String>) -> bool {
    match filter {
        Filter::Compare(path, Operator::Equal, literal) if path.is("value") => match literal {
            Literal::Text(id) => {
                ids.push(id.clone());
                true
            }
            Literal::Number(id) => {
                ids.push(id.to_string());
                true
            }
            Literal::Null | Literal::Boolean(_) => false,
        },
        Filter::Or(any) => any.iter().all(|filter| collect_ids(filter, ids)),
        Filter::And(_) | Filter::Not(_) | Filter::Compare(..) | Filter::Present(_) | Filter::Element(..) => {
            false
        }
    }
}

/// The steps so far, in their shortest form: those that are done with, and the change that still grows.
#[derive(Default)]
struct Steps {
    done: Vec<MemberStep>,
    add: BTreeMap<String, Member>,
    remove: BTreeSet<String>,
}

impl Steps {
    fn clear(&mut self) {
        *self = Self { done: vec![MemberStep::Clear], ..Self::default() };
    }

    fn add(&mut self, members: Vec<Member>) {
        for member in members {
            self.remove.remove(&member.value);
            self.add.insert(member.value.clone(), member);
        }
    }

    fn remove(&mut self, ids: impl Iterator<Item = String>) {
        // Nobody else is left after all have gone.
        let is_empty = matches!(self.done.last(), Some(MemberStep::Clear));
        for id in ids {
            self.add.remove(&id);
            if !is_empty {
                self.remove.insert(id);
            }
        }
    }

    fn remove_where(&mut self, filter: Filter) {
        self.settle();
        self.done.push(MemberStep::RemoveWhere(filter));
    }

    fn finish(mut self) -> Vec<MemberStep> {
        self.settle();
        self.done
    }

    fn settle(&mut self) {
        let (add, remove) = (mem::take(&mut self.add), mem::take(&mut self.remove));
        if !add.is_empty() || !remove.is_empty() {
            self.done.push(MemberStep::Change { add, remove });
        }
    }
}
