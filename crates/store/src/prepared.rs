//! Statements that are prepared once for each connection.
//!
//! Diesel prepares every `UPDATE`, and every statement with SQL that is given as text, anew each time: it cannot
//! know that their text is always the same. On SQLite that costs more than running them, on PostgreSQL a round
//! trip. Whoever says [`Prepared::prepared`] knows: the text must not depend on the values, nor on their number.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;

/// A statement whose text is one of a few.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Once<Q>(Q);

pub(crate) trait Prepared: Sized {
    /// Keep the prepared statement for the next time.
    fn prepared(self) -> Once<Self> {
        Once(self)
    }
}

impl<Q> Prepared for Q {}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Once<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Known again by its text.
impl<Q> QueryId for Once<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Once<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Once<Q> {}
