//! Attempts that failed: the last ten of each link, since it was last in step. They stay when it is in step again,
//! until it fails anew.

use diesel::prelude::*;
use diesel::upsert::excluded;
use scimitar_domain::{Attempt, FailureClass, LinkId};

use crate::batch::ROWS_PER_INSERT;
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::failed_attempts;
use crate::sql_types::{At, Key};

/// So many are kept of a link. A place of the table is used again by the tenth attempt after it.
const KEPT: i32 = 10;

/// Keep what failed now, one attempt for each link. The first one of a link takes away those before it was in step.
pub(crate) fn keep(conn: &mut Conn, failed: &[(Key, &Attempt)]) -> Result<(), StoreError> {
    let anew: Vec<Key> = failed.iter().filter(|(_, attempt)| attempt.count <= 1).map(|(id, _)| *id).collect();
    if !anew.is_empty() {
        diesel::delete(failed_attempts::table.filter(failed_attempts::link_id.eq_any(anew))).execute(conn)?;
    }
    let rows: Vec<AttemptRow> = failed.iter().map(|(id, attempt)| AttemptRow::new(*id, attempt)).collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        on_backend!(conn, |conn| diesel::insert_into(failed_attempts::table)
            .values(rows)
            .on_conflict((failed_attempts::link_id, failed_attempts::place))
            .do_update()
            .set((
                failed_attempts::number.eq(excluded(failed_attempts::number)),
                failed_attempts::at.eq(excluded(failed_attempts::at)),
                failed_attempts::class.eq(excluded(failed_attempts::class)),
                failed_attempts::detail.eq(excluded(failed_attempts::detail)),
                failed_attempts::next_at.eq(excluded(failed_attempts::next_at)),
            ))
            .execute(conn))?;
    }
    Ok(())
}

/// What is kept of a link, the newest first.
pub fn of_link(conn: &mut Conn, link: LinkId) -> Result<Vec<Attempt>, StoreError> {
    let rows: Vec<AttemptRow> = failed_attempts::table
        .filter(failed_attempts::link_id.eq(Key::from(link)))
        .order(failed_attempts::number.desc())
        .select(AttemptRow::as_select())
        .load(conn)?;
    rows.into_iter().map(AttemptRow::read).collect()
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = failed_attempts, treat_none_as_default_value = false)]
struct AttemptRow {
    link_id: Key,
    place: i32,
    number: i32,
    at: At,
    class: String,
    detail: String,
    next_at: Option<At>,
}

impl AttemptRow {
    fn new(link_id: Key, attempt: &Attempt) -> Self {
        Self {
            link_id,
            place: attempt.count % KEPT,
            number: attempt.count,
            at: At(attempt.last_at),
            class: attempt.class.as_str().to_owned(),
            detail: attempt.detail.clone(),
            next_at: attempt.next_at.map(At),
        }
    }

    fn read(self) -> Result<Attempt, StoreError> {
        let broken = || StoreError::inconsistent("failed_attempts", "class", &LinkId::from(self.link_id).0);
        Ok(Attempt {
            class: self.class.parse::<FailureClass>().map_err(|_unknown| broken())?,
            detail: self.detail,
            count: self.number,
            last_at: self.at.0,
            next_at: self.next_at.map(|at| at.0),
        })
    }
}
