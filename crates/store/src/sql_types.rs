//! The three SQL types that both databases share, and the values that fill them.
//!
//! Diesel's own types for UUID, JSON and timestamps exist for one database each. Ours stand for both, and the
//! newtypes beside them carry the values, because a foreign type cannot be given to a type of ours.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, SqlOrd, SqlType};
use diesel::sqlite::{Sqlite, SqliteValue};
use serde_json::Value;
use uuid::Uuid;

use scimitar_domain::{
    ApplicationId, GroupId, JsonObject, LinkId, MappingId, PlanId, RunId, SourceId, SourceTokenId, Timestamp,
    TokenId, TombstoneId, UserUuid,
};

use crate::conn::{MultiBackend, MultiRawValue};

/// `uuid` on PostgreSQL, a BLOB of 16 bytes on SQLite.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Id;

/// `jsonb` on PostgreSQL, TEXT on SQLite.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"))]
pub struct Doc;

/// `timestamptz` on PostgreSQL, microseconds since the epoch as INTEGER on SQLite.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct Instant;

impl SqlOrd for Id {}
impl SqlOrd for Instant {}

/// The value of an [`Id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Id)]
pub struct Key(pub Uuid);

/// The value of a [`Doc`].
#[derive(Debug, Clone, PartialEq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Doc)]
pub struct Json(pub Value);

/// The value of an [`Instant`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub struct At(pub Timestamp);

macro_rules! key_of {
    ($($id:ident),+) => {
        $(
            impl From<$id> for Key {
                fn from(id: $id) -> Self {
                    Self(id.0)
                }
            }

            impl From<Key> for $id {
                fn from(key: Key) -> Self {
                    Self(key.0)
                }
            }
        )+
    };
}

key_of!(
    ApplicationId,
    GroupId,
    LinkId,
    MappingId,
    PlanId,
    RunId,
    SourceId,
    SourceTokenId,
    TokenId,
    TombstoneId,
    UserUuid
);

impl From<&JsonObject> for Json {
    fn from(object: &JsonObject) -> Self {
        Self(Value::Object(object.clone()))
    }
}

impl From<&[GroupId]> for Json {
    fn from(ids: &[GroupId]) -> Self {
        Self(ids.iter().map(|id| Value::from(id.0.to_string())).collect())
    }
}

impl Json {
    /// The keys that the column `parents` always holds; anything else reads as none.
    pub(crate) fn into_group_ids(self) -> Vec<GroupId> {
        let ids = self.0.as_array().map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| Uuid::parse_str(id.as_str()?).ok().map(GroupId)).collect()
    }

    /// The object that the columns named `attributes` always hold; anything else reads as `{}`.
    pub(crate) fn into_object(self) -> JsonObject {
        match self.0 {
            Value::Object(object) => object,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                JsonObject::new()
            }
        }
    }
}

/// Write the conversions of one newtype for both databases and for the pair of them.
macro_rules! on_both {
    (
        $rust:ident: $sql:ty, postgres $native:ty,
        to_sqlite |$value:ident| $to:expr,
        from_sqlite |$raw:ident: $stored:ty as $primitive:ty| $from:expr
    ) => {
        impl ToSql<$sql, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                ToSql::<$native, Pg>::to_sql(&self.0, out)
            }
        }

        impl FromSql<$sql, Pg> for $rust {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                FromSql::<$native, Pg>::from_sql(value).map(Self)
            }
        }

        impl ToSql<$sql, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                let $value = &self.0;
                out.set_value($to);
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql, Sqlite> for $rust {
            fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                let $raw: $primitive = FromSql::<$stored, Sqlite>::from_sql(value)?;
                Ok(Self($from))
            }
        }

        impl ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<$rust, $sql>()
            }
        }

        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                MultiBackend::lookup_sql_type::<$sql>(lookup)
            }
        }
    };
}

on_both!(
    Key: Id, postgres diesel::sql_types::Uuid,
    to_sqlite |uuid| uuid.as_bytes().to_vec(),
    from_sqlite |bytes: diesel::sql_types::Binary as Vec<u8>| Uuid::from_slice(&bytes)?
);
on_both!(
    Json: Doc, postgres diesel::sql_types::Jsonb,
    to_sqlite |document| serde_json::to_string(document)?,
    from_sqlite |text: diesel::sql_types::Text as String| serde_json::from_str(&text)?
);
on_both!(
    At: Instant, postgres diesel::sql_types::Timestamptz,
    to_sqlite |moment| moment.timestamp_micros(),
    from_sqlite |micros: diesel::sql_types::BigInt as i64|
        Timestamp::from_timestamp_micros(micros).ok_or("timestamp out of range")?
);
