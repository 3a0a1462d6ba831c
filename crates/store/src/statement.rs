//! Statements with a text of their own, for those that run for every object.
//!
//! Diesel's builders put an `UPDATE` together anew each time, before they find that it is prepared already. With
//! many columns that costs as much as running it.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

/// A text and the values for the question marks in it.
#[derive(Debug)]
pub(crate) struct Statement<V> {
    text: &'static str,
    values: V,
}

/// One value, as what it is bound.
#[derive(Debug)]
pub(crate) struct Bound<ST, T> {
    value: T,
    sql_type: PhantomData<ST>,
}

/// A statement that changes rows. Each `?` in it stands for a value, and nothing else is a question mark.
pub(crate) fn statement(text: &'static str) -> Statement<()> {
    Statement { text, values: () }
}

impl<V> Statement<V> {
    /// The value of the next question mark.
    pub(crate) fn bind<ST, T>(self, value: T) -> Statement<(V, Bound<ST, T>)> {
        Statement { text: self.text, values: (self.values, Bound { value, sql_type: PhantomData }) }
    }
}

/// Values in their order.
pub(crate) trait Values<DB: Backend> {
    /// Push each value behind the piece of the text that leads to it.
    fn walk<'b>(
        &'b self,
        pieces: &mut std::str::Split<'static, char>,
        pass: &mut AstPass<'_, 'b, DB>,
    ) -> QueryResult<()>;
}

impl<DB: Backend> Values<DB> for () {
    fn walk<'b>(
        &'b self,
        _pieces: &mut std::str::Split<'static, char>,
        _pass: &mut AstPass<'_, 'b, DB>,
    ) -> QueryResult<()> {
        Ok(())
    }
}

impl<DB, V, ST, T> Values<DB> for (V, Bound<ST, T>)
where
    DB: Backend + HasSqlType<ST>,
    V: Values<DB>,
    T: ToSql<ST, DB>,
{
    fn walk<'b>(
        &'b self,
        pieces: &mut std::str::Split<'static, char>,
        pass: &mut AstPass<'_, 'b, DB>,
    ) -> QueryResult<()> {
        let (before, bound) = self;
        before.walk(pieces, pass)?;
        pass.push_sql(pieces.next().unwrap_or_default());
        pass.push_bind_param::<ST, T>(&bound.value)
    }
}

impl<DB: Backend, V: Values<DB>> QueryFragment<DB> for Statement<V> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut pieces = self.text.split('?');
        self.values.walk(&mut pieces, &mut pass)?;
        pieces.for_each(|rest| pass.push_sql(rest));
        Ok(())
    }
}

/// Known again by its text.
impl<V> QueryId for Statement<V> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<V, C> RunQueryDsl<C> for Statement<V> {}

#[cfg(test)]
mod tests {
    use diesel::sql_types::{Integer, Text};

    use super::*;

    #[test]
    fn each_question_mark_gets_its_value() {
        let update =
            statement("UPDATE t SET a = ?, b = 'x' WHERE c = ?").bind::<Text, _>("1").bind::<Integer, _>(2);
        let text = diesel::debug_query::<diesel::sqlite::Sqlite, _>(&update).to_string();
        assert_eq!(text, "UPDATE t SET a = ?, b = 'x' WHERE c = ? -- binds: [\"1\", 2]");
    }
}
