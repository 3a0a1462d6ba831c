//! A token as its row, without its key.

use diesel::prelude::*;
use scimitar_domain::{Token, TokenFields, TokenId, UserPk};

use crate::StoreError;
use crate::schema::tokens;
use crate::sql_types::{At, Key};

type Columns = (
    tokens::id,
    tokens::identifier,
    tokens::intent,
    tokens::user_pk,
    tokens::description,
    tokens::expires,
    tokens::expiring,
    tokens::managed,
);

/// What a [`TokenRow`] is read from.
pub(super) const COLUMNS: Columns = (
    tokens::id,
    tokens::identifier,
    tokens::intent,
    tokens::user_pk,
    tokens::description,
    tokens::expires,
    tokens::expiring,
    tokens::managed,
);

#[derive(Queryable)]
pub(super) struct TokenRow {
    id: Key,
    identifier: String,
    intent: String,
    user_pk: i32,
    description: String,
    expires: Option<At>,
    expiring: bool,
    managed: Option<String>,
}

/// The columns that a caller may set.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = tokens, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct TokenColumns<'a> {
    identifier: &'a str,
    intent: &'static str,
    user_pk: i32,
    description: &'a str,
    expires: Option<At>,
    expiring: bool,
    managed: Option<String>,
}

impl TokenRow {
    pub(super) fn read(self) -> Result<Token, StoreError> {
        let intent = self
            .intent
            .parse()
            .map_err(|_unknown| StoreError::inconsistent("tokens", "intent", &self.id.0))?;
        Ok(Token {
            id: TokenId::from(self.id),
            fields: TokenFields {
                identifier: self.identifier,
                intent,
                user: UserPk(self.user_pk),
                description: self.description,
                expires: self.expires.map(|at| at.0),
                expiring: self.expiring,
                managed: self.managed,
            },
        })
    }
}

impl<'a> TokenColumns<'a> {
    pub(super) fn of(fields: &'a TokenFields) -> Self {
        Self {
            identifier: &fields.identifier,
            intent: fields.intent.as_str(),
            user_pk: fields.user.0,
            description: &fields.description,
            expires: fields.expires.map(At),
            expiring: fields.expiring,
            managed: fields.managed.clone(),
        }
    }
}
