//! Lessons: what a provider's remote has refused. Kept until they are found wrong or somebody forgets them.

use diesel::prelude::*;
use scimitar_domain::{Lesson, ObjectKind, ProviderPk, Taught};

use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::{lessons, providers};
use crate::sql_types::At;

/// What was learned of a remote, in the order of kinds and names.
pub fn of_provider(conn: &mut Conn, provider: ProviderPk) -> Result<Vec<Lesson>, StoreError> {
    let rows: Vec<LessonRow> = lessons::table
        .filter(lessons::provider_pk.eq(provider.0))
        .order((lessons::kind, lessons::lesson))
        .select(LessonRow::as_select())
        .load(conn)?;
    rows.into_iter().map(LessonRow::into_lesson).collect()
}

/// Whether a lesson was learned of a remote, whatever number belongs to it.
pub fn holds(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    taught: Taught,
) -> Result<bool, StoreError> {
    let row = lessons::table.find((provider.0, kind.as_str(), taught.as_str()));
    let found: Option<i32> = row.select(lessons::provider_pk).first(conn).optional()?;
    Ok(found.is_some())
}

/// The kinds of which the remote deletes nothing.
pub(crate) fn undeletable(conn: &mut Conn, provider: ProviderPk) -> Result<Vec<String>, StoreError> {
    let theirs = lessons::provider_pk.eq(provider.0).and(lessons::lesson.eq(Taught::NoDelete.as_str()));
    Ok(lessons::table.filter(theirs).select(lessons::kind).load(conn)?)
}

/// Remember a lesson. One of the same name gives way to it.
pub fn learn(conn: &mut Conn, provider: ProviderPk, lesson: &Lesson) -> Result<(), StoreError> {
    // The provider may have been deleted since the remote was asked.
    let known: Option<i32> =
        providers::table.find(provider.0).select(providers::pk).first(conn).optional()?;
    if known.is_none() {
        return Ok(());
    }
    let row = LessonRow {
        provider_pk: provider.0,
        kind: lesson.kind.as_str().to_owned(),
        lesson: lesson.taught.as_str().to_owned(),
        value: lesson.taught.value(),
        detail: lesson.detail.clone(),
        learned_at: At(lesson.learned_at),
    };
    on_backend!(conn, |conn| diesel::insert_into(lessons::table)
        .values(&row)
        .on_conflict((lessons::provider_pk, lessons::kind, lessons::lesson))
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(())
}

/// Drop a lesson that was found wrong.
pub fn unlearn(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    taught: Taught,
) -> Result<(), StoreError> {
    let row = lessons::table.find((provider.0, kind.as_str(), taught.as_str()));
    diesel::delete(row).execute(conn)?;
    Ok(())
}

/// Forget what was learned of a remote. Every process that works for the provider begins anew, because its
/// revision rises.
pub fn forget(conn: &mut Conn, provider: ProviderPk) -> Result<(), StoreError> {
    let n = diesel::update(providers::table.find(provider.0))
        .set(providers::revision.eq(providers::revision + 1))
        .execute(conn)?;
    if n == 0 {
        return Err(StoreError::NotFound("provider"));
    }
    clear(conn, provider)
}

/// The same where the revision rises anyway.
pub(crate) fn clear(conn: &mut Conn, provider: ProviderPk) -> Result<(), StoreError> {
    diesel::delete(lessons::table.filter(lessons::provider_pk.eq(provider.0))).execute(conn)?;
    Ok(())
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = lessons, primary_key(provider_pk, kind, lesson), treat_none_as_null = true, treat_none_as_default_value = false)]
struct LessonRow {
    provider_pk: i32,
    kind: String,
    lesson: String,
    value: Option<i64>,
    detail: String,
    learned_at: At,
}

impl LessonRow {
    fn into_lesson(self) -> Result<Lesson, StoreError> {
        let broken = |column| StoreError::inconsistent("lessons", column, &self.provider_pk);
        let kind = [ObjectKind::User, ObjectKind::Group].into_iter().find(|kind| kind.as_str() == self.kind);
        Ok(Lesson {
            kind: kind.ok_or_else(|| broken("kind"))?,
            taught: Taught::read(&self.lesson, self.value).ok_or_else(|| broken("lesson"))?,
            learned_at: self.learned_at.0,
            detail: self.detail,
        })
    }
}
