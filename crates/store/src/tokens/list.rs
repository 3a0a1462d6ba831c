//! The list of tokens.

use diesel::dsl::{InnerJoin, IntoBoxed};
use diesel::prelude::*;
use scimitar_domain::{Intent, Timestamp, Token, UserPk};

use super::row::{COLUMNS, TokenRow};
use crate::conn::MultiBackend;
use crate::page::{order, search};
use crate::schema::{tokens, users};
use crate::sql_types::At;
use crate::{Conn, Page, PageRequest, StoreError};

/// What to narrow the list of tokens by. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct TokenFilter {
    pub identifier: Option<String>,
    pub intent: Option<Intent>,
    pub user_username: Option<String>,
    pub description: Option<String>,
    pub expires: Option<Timestamp>,
    pub expiring: Option<bool>,
    pub managed: Option<String>,
}

type Query<'a> = IntoBoxed<'a, InnerJoin<tokens::table, users::table>, MultiBackend>;

/// The tokens of everybody, or of one owner.
pub fn page(
    conn: &mut Conn,
    filter: &TokenFilter,
    request: &PageRequest,
    owner: Option<UserPk>,
) -> Result<Page<Token>, StoreError> {
    let count = narrowed(filter, request, owner).count().get_result(conn)?;
    let window = request.window(count)?;
    let mut query = narrowed(filter, request, owner);
    order!(
        query, request,
        fields {
            "pk" => tokens::id,
            "identifier" => tokens::identifier,
            "intent" => tokens::intent,
            "user" => tokens::user_pk,
            "description" => tokens::description,
            "expiring" => tokens::expiring,
        }
        nullable {
            "expires" => tokens::expires,
            "managed" => tokens::managed,
        }
        default [tokens::identifier, tokens::expires]
        key tokens::id
    );
    let rows: Vec<TokenRow> = query.select(COLUMNS).limit(window.size).offset(window.offset).load(conn)?;
    Ok(window.page(rows.into_iter().map(TokenRow::read).collect::<Result<_, _>>()?, count))
}

fn narrowed<'a>(filter: &'a TokenFilter, request: &PageRequest, owner: Option<UserPk>) -> Query<'a> {
    let mut query = tokens::table.inner_join(users::table).into_boxed();
    if let Some(owner) = owner {
        query = query.filter(tokens::user_pk.eq(owner.0));
    }
    if let Some(identifier) = &filter.identifier {
        query = query.filter(tokens::identifier.eq(identifier));
    }
    if let Some(intent) = filter.intent {
        query = query.filter(tokens::intent.eq(intent.as_str()));
    }
    if let Some(username) = &filter.user_username {
        query = query.filter(users::username.eq(username));
    }
    if let Some(description) = &filter.description {
        query = query.filter(tokens::description.eq(description));
    }
    if let Some(expires) = filter.expires {
        query = query.filter(tokens::expires.eq(At(expires)));
    }
    if let Some(expiring) = filter.expiring {
        query = query.filter(tokens::expiring.eq(expiring));
    }
    if let Some(managed) = &filter.managed {
        query = query.filter(tokens::managed.eq(managed));
    }
    search!(query, request, tokens::identifier, tokens::intent, users::username, tokens::description);
    query
}
