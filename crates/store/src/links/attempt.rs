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
    pub(crate) attempt_class: Option<String>,
    pub(crate) attempt_detail: Option<String>,
    pub(crate) attempt_count: i32,
    pub(crate) attempt_last_at: Option<At>,
    pub(crate) attempt_next_at: Option<At>,
}

/// The same columns of a tombstone.
#[derive(Debug, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = tombstones, treat_none_as_null = true)]
pub(crate) struct TombstoneAttempt {
    attempt_class: Option<String>,
    attempt_detail: Option<String>,
    attempt_count: i32,
    attempt_last_at: Option<At>,
    attempt_next_at: Option<At>,
}

impl LinkAttempt {
    pub(crate) fn new(attempt: &Attempt) -> Self {
        Self {
            attempt_class: Some(attempt.class.as_str().to_owned()),
            attempt_detail: Some(attempt.detail.clone()),
            attempt_count: attempt.count,
            attempt_last_at: Some(At(attempt.last_at)),
            attempt_next_at: attempt.next_at.map(At),
        }
    }

    /// The columns of an object whose last attempt went well.
    pub(crate) fn cleared() -> Self {
        Self {
            attempt_class: None,
            attempt_detail: None,
            attempt_count: 0,
            attempt_last_at: None,
            attempt_next_at: None,
        }
    }

    /// What the columns say; `row` names the row if they do not say it well.
    pub(crate) fn into_attempt(self, row: Uuid) -> Result<Option<Attempt>, StoreError> {
        read(self, "links", row)
    }
}

impl TombstoneAttempt {
    pub(crate) fn new(attempt: &Attempt) -> Self {
        let LinkAttempt { attempt_class, attempt_detail, attempt_count, attempt_last_at, attempt_next_at } =
            LinkAttempt::new(attempt);
        Self { attempt_class, attempt_detail, attempt_count, attempt_last_at, attempt_next_at }
    }

    pub(crate) fn into_attempt(self, row: Uuid) -> Result<Option<Attempt>, StoreError> {
        let Self { attempt_class, attempt_detail, attempt_count, attempt_last_at, attempt_next_at } = self;
        let columns =
            LinkAttempt { attempt_class, attempt_detail, attempt_count, attempt_last_at, attempt_next_at };
        read(columns, "tombstones", row)
    }
}

fn read(columns: LinkAttempt, table: &'static str, row: Uuid) -> Result<Option<Attempt>, StoreError> {
    let Some(class) = columns.attempt_class else { return Ok(None) };
    let broken = |column| StoreError::inconsistent(table, column, row);
    Ok(Some(Attempt {
        class: class.parse::<FailureClass>().map_err(|_unknown| broken("attempt_class"))?,
        detail: columns.attempt_detail.unwrap_or_default(),
        count: columns.attempt_count,
        last_at: columns.attempt_last_at.ok_or_else(|| broken("attempt_last_at"))?.0,
        next_at: columns.attempt_next_at.map(|it| it.0),
    }))
}
