//! How an attempt lies in the tables that keep one: five columns, empty together.

use diesel::prelude::*;
use scimitar_domain::{Attempt, FailureClass};
use uuid::Uuid;

use crate::error::StoreError;
use crate::schema::{links, tombstones};
use crate::sql_types::At;

/// The columns of an attempt, in a link or in a tombstone.
#[derive(Debug, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = links, treat_none_as_null = true)]
pub(crate) struct LinkAttempt {
    #[diesel(column_name = attempt_class)]
    pub(crate) class: Option<String>,
    #[diesel(column_name = attempt_detail)]
    pub(crate) detail: Option<String>,
    #[diesel(column_name = attempt_count)]
    pub(crate) count: i32,
    #[diesel(column_name = attempt_last_at)]
    pub(crate) last_at: Option<At>,
    #[diesel(column_name = attempt_next_at)]
    pub(crate) next_at: Option<At>,
}

/// The same columns of a tombstone.
#[derive(Debug, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = tombstones, treat_none_as_null = true)]
pub(crate) struct TombstoneAttempt {
    #[diesel(column_name = attempt_class)]
    class: Option<String>,
    #[diesel(column_name = attempt_detail)]
    detail: Option<String>,
    #[diesel(column_name = attempt_count)]
    count: i32,
    #[diesel(column_name = attempt_last_at)]
    last_at: Option<At>,
    #[diesel(column_name = attempt_next_at)]
    next_at: Option<At>,
}

impl LinkAttempt {
    pub(crate) fn new(attempt: &Attempt) -> Self {
        Self {
            class: Some(attempt.class.as_str().to_owned()),
            detail: Some(attempt.detail.clone()),
            count: attempt.count,
            last_at: Some(At(attempt.last_at)),
            next_at: attempt.next_at.map(At),
        }
    }

    /// The columns of an object whose last attempt went well.
    pub(crate) fn cleared() -> Self {
        Self { class: None, detail: None, count: 0, last_at: None, next_at: None }
    }

    /// What the columns say; `row` names the row if they do not say it well.
    pub(crate) fn into_attempt(self, row: Uuid) -> Result<Option<Attempt>, StoreError> {
        read(self, "links", row)
    }
}

impl TombstoneAttempt {
    /// The columns of one whose last attempt went well.
    pub(crate) fn cleared() -> Self {
        Self { class: None, detail: None, count: 0, last_at: None, next_at: None }
    }

    pub(crate) fn new(attempt: &Attempt) -> Self {
        let LinkAttempt { class, detail, count, last_at, next_at } = LinkAttempt::new(attempt);
        Self { class, detail, count, last_at, next_at }
    }

    pub(crate) fn into_attempt(self, row: Uuid) -> Result<Option<Attempt>, StoreError> {
        let Self { class, detail, count, last_at, next_at } = self;
        read(LinkAttempt { class, detail, count, last_at, next_at }, "tombstones", row)
    }
}

fn read(columns: LinkAttempt, table: &'static str, row: Uuid) -> Result<Option<Attempt>, StoreError> {
    let Some(class) = columns.class else { return Ok(None) };
    let broken = |column| StoreError::inconsistent(table, column, &row);
    Ok(Some(Attempt {
        class: class.parse::<FailureClass>().map_err(|_unknown| broken("attempt_class"))?,
        detail: columns.detail.unwrap_or_default(),
        count: columns.count,
        last_at: columns.last_at.ok_or_else(|| broken("attempt_last_at"))?.0,
        next_at: columns.next_at.map(|it| it.0),
    }))
}
