//! Which resources a filter can be true of, by what an index knows.

use scimitar_domain::{ObjectId, SourceId, SourceLink};
use scimitar_scim::ResourceKind;
use scimitar_scim::filter::{Comparison, Condition, Operand, Operator};
use scimitar_store::{Conn, StoreError, groups, source_links, users};
use uuid::Uuid;

use crate::held::Held;
use crate::reading::object_kind;

/// Resources that are looked at at a time.
pub(super) const PAGE: i64 = 500;

/// All that have to be asked, a page at a time.
pub(super) enum Candidates {
    Few(Vec<Held>),
    All { source: SourceId, kind: ResourceKind, after: Option<SourceLink>, is_done: bool },
}

impl Candidates {
    pub(super) fn of(
        conn: &mut Conn,
        source: SourceId,
        kind: ResourceKind,
        condition: Option<&Condition<'_>>,
    ) -> Result<Self, StoreError> {
        let all: &[Condition<'_>] = match condition {
            Some(Condition::All(all)) => all,
            Some(single) => std::slice::from_ref(single),
            None => &[],
        };
        for term in all {
            if let Condition::Compare(comparison) = term
                && let Some(few) = few(conn, source, kind, comparison)?
            {
                return Ok(Self::Few(few));
            }
        }
        Ok(Self::All { source, kind, after: None, is_done: false })
    }

    /// The next ones, in the order in which they were made. `None` after the last.
    pub(super) fn next(&mut self, conn: &mut Conn) -> Result<Option<Vec<Held>>, StoreError> {
        match self {
            Self::Few(held) => Ok(Some(std::mem::take(held)).filter(|held| !held.is_empty())),
            Self::All { source, kind, after, is_done } => {
                if *is_done {
                    return Ok(None);
                }
                let held = Held::walk(conn, *source, *kind, after.as_ref(), 0, PAGE)?;
                *is_done = i64::try_from(held.len()).is_ok_and(|n| n < PAGE);
                *after = held.last().map(|last| last.link().clone());
                Ok((!held.is_empty()).then_some(held))
            }
        }
    }
}

/// The resources that a comparison can be true of, one at most; `None` when it says nothing that an index knows.
fn few(
    conn: &mut Conn,
    source: SourceId,
    kind: ResourceKind,
    comparison: &Comparison<'_>,
) -> Result<Option<Vec<Held>>, StoreError> {
    let (Operator::Equal, Operand::Text(text), None, None) =
        (comparison.operator, &comparison.operand, comparison.target.extension, comparison.target.sub)
    else {
        return Ok(None);
    };
    // PostgreSQL cannot look for it, and nobody's name has it.
    if text.written.contains('\0') {
        return Ok(Some(Vec::new()));
    }
    let link = match (&*comparison.target.attribute.name, kind) {
        ("id", _) => {
            let Ok(id) = Uuid::try_parse(&text.written) else { return Ok(Some(Vec::new())) };
            return Ok(Some(Vec::from_iter(Held::find(conn, source, kind, id)?)));
        }
        ("externalId", _) => {
            source_links::find_by_external_id(conn, source, object_kind(kind), &text.written)?
        }
        ("userName", ResourceKind::User) => source_links::find_by_user_name(conn, source, text.key())?,
        _other => return Ok(None),
    };
    match link {
        Some(link) => Ok(Some(Vec::from_iter(held(conn, link)?))),
        None => Ok(Some(Vec::new())),
    }
}

fn held(conn: &mut Conn, link: SourceLink) -> Result<Option<Held>, StoreError> {
    Ok(match link.fields.object {
        ObjectId::User(pk) => users::find(conn, pk)?.map(|user| Held::User(link, user)),
        ObjectId::Group(id) => groups::find(conn, id)?.map(|group| Held::Group(link, group)),
    })
}
