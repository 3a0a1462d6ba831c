//! What was said last to a remote about an object: one exchange for each link that has failed or was asked for.

use diesel::prelude::*;
use diesel::upsert::excluded;
use scimitar_domain::{KeptExchange, LinkId};

use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::{last_exchanges, links};
use crate::sql_types::{At, Key};

/// Keep this exchange in the place of the one before. A link that is gone keeps nothing.
pub fn keep(conn: &mut Conn, link: LinkId, exchange: &KeptExchange) -> Result<(), StoreError> {
    let link_row = links::table.find(Key::from(link)).select(links::id);
    let is_there: Option<Key> = match conn {
        // Nobody removes it before the end of the transaction.
        Conn::Postgres(conn) => link_row.for_key_share().first(conn).optional()?,
        Conn::Sqlite(conn) => link_row.first(conn).optional()?,
    };
    if is_there.is_none() {
        return Ok(());
    }
    let row = ExchangeRow {
        link_id: link.into(),
        at: At(exchange.at),
        method: exchange.method.clone(),
        url: exchange.url.clone(),
        status: exchange.status,
        duration_ms: exchange.duration_ms,
        request: exchange.request.clone(),
        response: exchange.response.clone(),
    };
    on_backend!(conn, |conn| diesel::insert_into(last_exchanges::table)
        .values(&row)
        .on_conflict(last_exchanges::link_id)
        .do_update()
        .set((
            last_exchanges::at.eq(excluded(last_exchanges::at)),
            last_exchanges::method.eq(excluded(last_exchanges::method)),
            last_exchanges::url.eq(excluded(last_exchanges::url)),
            last_exchanges::status.eq(excluded(last_exchanges::status)),
            last_exchanges::duration_ms.eq(excluded(last_exchanges::duration_ms)),
            last_exchanges::request.eq(excluded(last_exchanges::request)),
            last_exchanges::response.eq(excluded(last_exchanges::response)),
        ))
        .execute(conn))?;
    Ok(())
}

/// The exchange that is kept for a link.
pub fn find(conn: &mut Conn, link: LinkId) -> Result<Option<KeptExchange>, StoreError> {
    let row: Option<ExchangeRow> = last_exchanges::table
        .find(Key::from(link))
        .select(ExchangeRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(|row| KeptExchange {
        at: row.at.0,
        method: row.method,
        url: row.url,
        status: row.status,
        duration_ms: row.duration_ms,
        request: row.request,
        response: row.response,
    }))
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = last_exchanges, treat_none_as_default_value = false)]
struct ExchangeRow {
    link_id: Key,
    at: At,
    method: String,
    url: String,
    status: Option<i32>,
    duration_ms: i64,
    request: Option<String>,
    response: Option<String>,
}
