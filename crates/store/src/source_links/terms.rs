//! The terms of links, written along with them.

use std::collections::BTreeSet;

use diesel::prelude::*;
use scimitar_domain::{SourceLink, SourceTerms, TermField};

use crate::conn::on_backend;
use crate::prepared::Prepared as _;
use crate::schema::{source_links, source_terms};
use crate::sql_types::Key;
use crate::{Conn, StoreError};

/// The rows that one statement writes.
const CHUNK: usize = 500;
/// So many are written one by one, by a statement that is prepared once.
const FEW: usize = 8;

/// The terms of a new link.
pub(super) fn write(conn: &mut Conn, link: &SourceLink, terms: &SourceTerms) -> Result<(), StoreError> {
    insert(conn, link, &terms.terms)
}

/// The terms of a link that was changed. Where they are as they were, nothing is written, and a link that the
/// migration has made loose stays so.
pub(super) fn rewrite(
    conn: &mut Conn,
    (before, had): (&SourceLink, &SourceTerms),
    (after, terms): (&SourceLink, &SourceTerms),
) -> Result<(), StoreError> {
    let is_moved = before.fields.source != after.fields.source;
    if !is_moved && had.terms == terms.terms && had.is_loose == terms.is_loose {
        return Ok(());
    }
    if is_moved {
        diesel::delete(source_terms::table.filter(source_terms::link_seq.eq(after.seq))).execute(conn)?;
    } else {
        for (field, term) in had.terms.difference(&terms.terms) {
            diesel::delete(source_terms::table.find((after.seq, field.as_str(), term))).execute(conn)?;
        }
    }
    insert(conn, after, &terms.terms)?;
    diesel::update(source_links::table.filter(source_links::seq.eq(after.seq)))
        .set(source_links::is_loose.eq(terms.is_loose))
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// Those that are there already stay.
fn insert(
    conn: &mut Conn,
    link: &SourceLink,
    terms: &BTreeSet<(TermField, String)>,
) -> Result<(), StoreError> {
    let row = |(field, term): &(TermField, String)| {
        (
            source_terms::link_seq.eq(link.seq),
            source_terms::field.eq(field.as_str()),
            source_terms::term.eq(term.clone()),
            source_terms::source_id.eq(Key::from(link.fields.source)),
        )
    };
    let rows: Vec<_> = terms.iter().map(row).collect();
    if rows.len() <= FEW {
        for row in rows {
            on_backend!(conn, |conn| diesel::insert_into(source_terms::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(conn))?;
        }
        return Ok(());
    }
    for rows in rows.chunks(CHUNK) {
        on_backend!(conn, |conn| diesel::insert_into(source_terms::table)
            .values(rows)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    Ok(())
}
