//! What a source has, by what an index knows of it: numbers of links, in the order in which they were made.

use diesel::prelude::*;
use scimitar_domain::{GroupId, ObjectKind, SourceId, TermField, Timestamp};
use uuid::Uuid;

use super::owned::user_pks;
use crate::conn::MultiBackend;
use crate::schema::{memberships, source_links, source_terms, users};
use crate::search::end_of;
use crate::sql_types::{At, Key};
use crate::{Conn, StoreError};

/// A question that an index answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The user or group with this id.
    Object(Uuid),
    ExternalId(String),
    /// Users by their `userName`, without its case.
    UserName(Part),
    /// By a text of the resource, without its case.
    Term(TermField, Part),
    /// Users of whom the resource says so.
    Active(bool),
    /// The groups that a user of the source is a direct member of.
    WithMember(Uuid),
    /// The direct members of a group of the source.
    InGroup(Uuid),
    /// What has changed at this moment or since.
    ChangedSince(Timestamp),
}

/// How much of a text is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Whole(String),
    Start(String),
    /// Some of it. All texts are looked at, though nothing else of the resources is.
    Within(String),
    End(String),
}

/// The links of a source that a question is true of, behind the one with the number `after`.
pub fn matching(
    conn: &mut Conn,
    source: SourceId,
    kind: ObjectKind,
    probe: &Probe,
    after: i64,
) -> Result<Vec<i64>, StoreError> {
    let theirs =
        source_links::table.filter(source_links::source_id.eq(Key::from(source))).select(source_links::seq);
    let mut found: Vec<i64> = match (probe, kind) {
        (Probe::Object(id), ObjectKind::User) => {
            theirs.inner_join(users::table).filter(users::uuid.eq(Key(*id))).load(conn)?
        }
        (Probe::Object(id), ObjectKind::Group) => {
            theirs.filter(source_links::group_id.eq(Key(*id))).load(conn)?
        }
        (Probe::ExternalId(id), _) => theirs
            .filter(source_links::kind.eq(kind.as_str()))
            .filter(source_links::external_id.eq(id))
            .load(conn)?,
        (Probe::UserName(part), _) => user_names(conn, source, part)?,
        (Probe::Term(field, part), _) => terms(conn, source, *field, part, after)?,
        (Probe::Active(is_active), _) => theirs
            .filter(source_links::is_active.eq(is_active))
            .filter(source_links::seq.gt(after))
            .order(source_links::seq)
            .load(conn)?,
        (Probe::WithMember(user), ObjectKind::Group) => with_member(conn, source, *user)?,
        (Probe::InGroup(group), ObjectKind::User) => in_group(conn, source, *group)?,
        (Probe::WithMember(_), ObjectKind::User) | (Probe::InGroup(_), ObjectKind::Group) => Vec::new(),
        (Probe::ChangedSince(at), kind) => changed_since(conn, source, kind, *at)?,
    };
    found.retain(|seq| *seq > after);
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The links that no probe is sure of.
pub fn loose(
    conn: &mut Conn,
    source: SourceId,
    kind: ObjectKind,
    after: i64,
) -> Result<Vec<i64>, StoreError> {
    Ok(source_links::table
        .filter(source_links::source_id.eq(Key::from(source)))
        .filter(source_links::kind.eq(kind.as_str()))
        .filter(source_links::is_loose)
        .filter(source_links::seq.gt(after))
        .order(source_links::seq)
        .select(source_links::seq)
        .load(conn)?)
}

fn user_names(conn: &mut Conn, source: SourceId, part: &Part) -> Result<Vec<i64>, StoreError> {
    let theirs =
        source_links::table.filter(source_links::source_id.eq(Key::from(source))).select(source_links::seq);
    if let Part::Whole(name) = part {
        return Ok(theirs.filter(source_links::user_name.eq(name)).load(conn)?);
    }
    let query = theirs.into_boxed::<MultiBackend>();
    let query = match part {
        Part::Whole(_) => query,
        Part::Start(start) => {
            let query = query.filter(source_links::user_name.ge(start));
            match end_of(start) {
                Some(end) => query.filter(source_links::user_name.lt(end)),
                None => query,
            }
        }
        Part::Within(_) | Part::End(_) => {
            query.filter(source_links::user_name.like(pattern(part)).escape('\\'))
        }
    };
    Ok(query.load(conn)?)
}

fn terms(
    conn: &mut Conn,
    source: SourceId,
    field: TermField,
    part: &Part,
    after: i64,
) -> Result<Vec<i64>, StoreError> {
    let theirs = source_terms::table
        .filter(source_terms::source_id.eq(Key::from(source)))
        .filter(source_terms::field.eq(field.as_str()));
    if let Part::Whole(term) = part {
        let found = theirs.filter(source_terms::term.eq(term)).filter(source_terms::link_seq.gt(after));
        return Ok(found.order(source_terms::link_seq).select(source_terms::link_seq).load(conn)?);
    }
    let query = theirs.select(source_terms::link_seq).into_boxed::<MultiBackend>();
    let query = match part {
        Part::Whole(_) => query,
        Part::Start(start) => {
            let query = query.filter(source_terms::term.ge(start));
            match end_of(start) {
                Some(end) => query.filter(source_terms::term.lt(end)),
                None => query,
            }
        }
        Part::Within(_) | Part::End(_) => query.filter(source_terms::term.like(pattern(part)).escape('\\')),
    };
    Ok(query.load(conn)?)
}

fn with_member(conn: &mut Conn, source: SourceId, user: Uuid) -> Result<Vec<i64>, StoreError> {
    let Some(pk) = user_pks(conn, source, &[user])?.into_values().next() else { return Ok(Vec::new()) };
    let found = memberships::table
        .inner_join(source_links::table.on(source_links::group_id.eq(memberships::group_id.nullable())))
        .filter(memberships::user_pk.eq(pk.0))
        .filter(source_links::source_id.eq(Key::from(source)))
        .select(source_links::seq);
    Ok(found.load(conn)?)
}

fn in_group(conn: &mut Conn, source: SourceId, group: Uuid) -> Result<Vec<i64>, StoreError> {
    if super::group(conn, source, GroupId(group))?.is_none() {
        return Ok(Vec::new());
    }
    let found = memberships::table
        .inner_join(source_links::table.on(source_links::user_pk.eq(memberships::user_pk.nullable())))
        .filter(memberships::group_id.eq(Key(group)))
        .filter(source_links::source_id.eq(Key::from(source)))
        .select(source_links::seq);
    Ok(found.load(conn)?)
}

/// A user is shown as changed when the user or the link was changed last; a group when its link was.
fn changed_since(
    conn: &mut Conn,
    source: SourceId,
    kind: ObjectKind,
    at: Timestamp,
) -> Result<Vec<i64>, StoreError> {
    let theirs =
        source_links::table.filter(source_links::source_id.eq(Key::from(source))).select(source_links::seq);
    let mut found: Vec<i64> = theirs
        .filter(source_links::kind.eq(kind.as_str()))
        .filter(source_links::updated_at.ge(At(at)))
        .load(conn)?;
    match kind {
        ObjectKind::User => {
            let changed = users::table.filter(users::last_updated.ge(At(at))).select(users::pk.nullable());
            let more: Vec<i64> = theirs.filter(source_links::user_pk.eq_any(changed)).load(conn)?;
            found.extend(more);
        }
        ObjectKind::Group => {}
    }
    Ok(found)
}

/// For `LIKE … ESCAPE '\'`. Both sides are without their case.
fn pattern(part: &Part) -> String {
    match part {
        Part::Within(text) => crate::page::pattern(text),
        Part::End(text) => {
            let mut pattern = crate::page::pattern(text);
            pattern.pop();
            pattern
        }
        Part::Whole(text) | Part::Start(text) => text.clone(),
    }
}
