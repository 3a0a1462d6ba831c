//! Statements that are prepared once for each connection.
//!
//! Diesel prepares every `UPDATE`, and every statement with SQL that is given as text, anew each time: it cannot
//! know that their text is always the same. On SQLite that costs more than running them, on PostgreSQL a round
//! trip. Whoever says [`Prepared::prepared`] knows: the text is one of a few, whatever the values and their number.

use std::cell::Cell;

use diesel::backend::Backend;
use diesel::internal::derives::multiconnection::AstPassHelper as _;
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

/// Lists up to this long have lengths that are powers of two.
const LONG: usize = 1_024;

/// These values, and the last one again, as often as brings them to one of a few lengths. A value that stands twice in
/// an `IN` list says nothing more, and on SQLite the list's length is part of the text of a [`Prepared`] statement.
pub(crate) fn few_lengths<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    let length = if values.len() <= LONG {
        values.len().next_power_of_two()
    } else {
        values.len().next_multiple_of(LONG)
    };
    if let Some(last) = values.last().cloned() {
        values.resize(length, last);
    }
    values
}

impl<Q: QueryFragment<DB>, DB: Backend + 'static> QueryFragment<DB> for Once<Q> {
    /// What is inside says of itself that it must not be kept, and where diesel holds a reference it asks the
    /// innermost. So only those who want the text or the values get to it, and not who asks whether to keep it.
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let wants_text = Cell::new(false);
        let mut pass = pass.cast_database::<DB>(
            |collector| collector,
            |text| {
                wants_text.set(true);
                text
            },
            |backend| backend,
            |lookup| lookup,
        );
        if wants_text.get() || pass.bind_collector().is_some() || pass.debug_binds().is_some() {
            return self.0.walk_ast(pass);
        }
        // Whether there is something at all is asked too.
        pass.push_sql("");
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::InstrumentationEvent;
    use diesel::sql_types::Integer;

    use super::*;

    diesel::table! {
        t (id) {
            id -> Integer,
            a -> Integer,
        }
    }

    #[test]
    fn lists_have_few_lengths() {
        let length = |n: usize| few_lengths(0..n).len();
        assert_eq!([0, 1, 2, 3, 100, 1_024, 1_025].map(length), [0, 1, 2, 4, 128, 1_024, 2_048]);
        assert_eq!(few_lengths([1, 2, 3]), [1, 2, 3, 3]);
    }

    #[test]
    fn a_statement_is_prepared_once() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        diesel::sql_query("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)").execute(&mut conn).unwrap();
        let kept = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&kept);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        for n in 1..4 {
            diesel::update(t::table.find(n)).set(t::a.eq(n)).prepared().execute(&mut conn).unwrap();
        }
        assert_eq!(kept.load(Ordering::Relaxed), 1, "by reference");
        for n in 1..4 {
            let update = diesel::update(t::table.find(n)).set(t::a.eq(n)).returning(t::a).prepared();
            update.load::<i32>(&mut conn).unwrap();
        }
        assert_eq!(kept.load(Ordering::Relaxed), 2, "by value");
        for n in 1..4 {
            let update = crate::statement::statement("UPDATE t SET a = ? WHERE id = ?");
            update.bind::<Integer, _>(n).bind::<Integer, _>(n).execute(&mut conn).unwrap();
        }
        assert_eq!(kept.load(Ordering::Relaxed), 3, "with a text of its own");
    }
}
