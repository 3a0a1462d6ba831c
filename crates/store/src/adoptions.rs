//! Adoptions: which remote resources could stand for objects that have none yet, and which were taken over.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use scimitar_domain::{
    Adoption, AdoptionState, Candidate, LinkId, MatchedBy, ObjectId, ObjectKind, ProviderPk,
};

use crate::batch::ROWS_PER_INSERT;
use crate::conn::{Conn, on_backend};
use crate::error::StoreError;
use crate::links;
use crate::links::edit::columns;
use crate::links::row::object;
use crate::prepared::Prepared as _;
use crate::schema::{adoptions, links as link_rows, taken_over};
use crate::sql_types::{Doc, Id, Json, Key};
use crate::tombstones::key_of;
use crate::{Page, PageRequest};

/// Candidates that are kept of one object. Whoever has to choose from more will look at the remote.
const CANDIDATES_KEPT: usize = 10;

/// An adoption as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub adoption: Adoption,
    /// The object's name.
    pub label: String,
}

/// Write down what could stand for an object; nothing, where there is nothing any more.
pub fn note(
    conn: &mut Conn,
    provider: ProviderPk,
    found: &[(ObjectId, Vec<Candidate>)],
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    let mut gone = Vec::new();
    for (object, candidates) in found {
        let state = if candidates.len() > 1 { AdoptionState::Ambiguous } else { AdoptionState::Match };
        if candidates.is_empty() {
            gone.push(key_of(*object));
        } else {
            rows.push(row(provider, *object, state, candidates));
        }
    }
    if !gone.is_empty() {
        let gone = adoptions::table
            .filter(adoptions::provider_pk.eq(provider.0).and(adoptions::object_key.eq_any(gone)));
        diesel::delete(gone).execute(conn)?;
    }
    write(conn, &rows)
}

/// Write down what could stand for the object of a link.
pub fn note_link(conn: &mut Conn, link: LinkId, candidates: &[Candidate]) -> Result<(), StoreError> {
    let Some(link) = links::find(conn, link)? else { return Ok(()) };
    note(conn, link.provider, &[(link.object, candidates.to_vec())])
}

/// Forget what earlier walks have found, which the next one finds anew. What is parked keeps its evidence, and what
/// was adopted its note.
pub fn forget_open(conn: &mut Conn, provider: ProviderPk, kind: ObjectKind) -> Result<(), StoreError> {
    let link = link_rows::table.filter(link_rows::provider_pk.eq(provider.0)).select(link_rows::id);
    let of_user = link.filter(link_rows::user_pk.eq(adoptions::user_pk));
    let of_group = link.filter(link_rows::group_id.eq(adoptions::group_id));
    let open = adoptions::table.filter(adoptions::provider_pk.eq(provider.0)).filter(
        adoptions::state.eq(AdoptionState::Match.as_str()).or(adoptions::state
            .eq(AdoptionState::Ambiguous.as_str())
            .and(not(exists(of_user)))
            .and(not(exists(of_group)))),
    );
    match kind {
        ObjectKind::User => diesel::delete(open.filter(adoptions::user_pk.is_not_null())).execute(conn)?,
        ObjectKind::Group => diesel::delete(open.filter(adoptions::group_id.is_not_null())).execute(conn)?,
    };
    Ok(())
}

/// A remote resource that was there before is about to be taken over for the object of a link. One that carries our
/// id is ours; any other is not deleted before somebody confirms it. Written down before it is changed, because
/// afterwards it carries our id as well.
pub fn mark(conn: &mut Conn, link: LinkId, candidate: &Candidate) -> Result<(), StoreError> {
    if candidate.matched_by == MatchedBy::ExternalId {
        return Ok(());
    }
    let Some(link) = links::find(conn, link)? else { return Ok(()) };
    let taken = TakenRow {
        provider_pk: link.provider.0,
        kind: link.object.kind().as_str(),
        remote_id: &candidate.remote_id,
        matched_by: candidate.matched_by.as_str(),
    };
    on_backend!(conn, |conn| diesel::insert_into(taken_over::table)
        .values(&taken)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(())
}

/// A remote resource was taken over for the object of a link. It is listed where somebody has to confirm it.
pub fn take_over(conn: &mut Conn, link: LinkId, candidate: &Candidate) -> Result<(), StoreError> {
    let Some(link) = links::find(conn, link)? else { return Ok(()) };
    if unconfirmed(conn, link.provider, link.object.kind(), &candidate.remote_id)?.is_none() {
        return note(conn, link.provider, &[(link.object, Vec::new())]);
    }
    write(conn, &[row(link.provider, link.object, AdoptionState::Adopted, std::slice::from_ref(candidate))])
}

/// By what a remote resource was taken over that nobody has confirmed; such a one is not deleted.
pub fn unconfirmed(
    conn: &mut Conn,
    provider: ProviderPk,
    kind: ObjectKind,
    remote_id: &str,
) -> Result<Option<MatchedBy>, StoreError> {
    let found: Option<String> = taken_over::table
        .find((provider.0, kind.as_str(), remote_id))
        .select(taken_over::matched_by)
        .first(conn)
        .optional()?;
    let broken = || StoreError::inconsistent("taken_over", "matched_by", &remote_id);
    found.map(|by| by.parse().map_err(|_unknown| broken())).transpose()
}

/// Somebody has said that the resource is the object's: it is ours.
pub fn settle(
    conn: &mut Conn,
    provider: ProviderPk,
    object: ObjectId,
    remote_id: &str,
) -> Result<(), StoreError> {
    diesel::delete(taken_over::table.find((provider.0, object.kind().as_str(), remote_id))).execute(conn)?;
    diesel::delete(adoptions::table.find((provider.0, key_of(object)))).execute(conn)?;
    Ok(())
}

/// What is adopted is shown while its object has a resource that nobody has confirmed, and all else while its object
/// has none.
const SHOWN: &str = "FROM adoptions a \
     LEFT JOIN users u ON u.pk = a.user_pk LEFT JOIN groups g ON g.id = a.group_id \
     LEFT JOIN links lu ON lu.provider_pk = a.provider_pk AND lu.user_pk = a.user_pk \
     LEFT JOIN links lg ON lg.provider_pk = a.provider_pk AND lg.group_id = a.group_id \
     LEFT JOIN taken_over t ON t.provider_pk = a.provider_pk AND t.kind = COALESCE(lu.kind, lg.kind) \
         AND t.remote_id = COALESCE(lu.remote_id, lg.remote_id) \
     WHERE a.provider_pk = $1 AND ($2 = '' OR a.state = $3) AND CASE a.state \
         WHEN 'adopted' THEN t.remote_id IS NOT NULL ELSE lu.remote_id IS NULL AND lg.remote_id IS NULL END";

/// The adoptions of a provider, users before groups, by their names.
pub fn page(
    conn: &mut Conn,
    provider: ProviderPk,
    state: Option<AdoptionState>,
    request: &PageRequest,
) -> Result<Page<Listed>, StoreError> {
    let state = state.map_or("", AdoptionState::as_str);
    let counted: CountRow = diesel::sql_query(format!("SELECT count(*) AS n {SHOWN}"))
        .bind::<Integer, _>(provider.0)
        .bind::<Text, _>(state)
        .bind::<Text, _>(state)
        .prepared()
        .get_result(conn)?;
    let window = request.window(counted.n)?;
    let rows: Vec<ListedRow> = diesel::sql_query(format!(
        "SELECT a.user_pk, a.group_id, a.state, a.candidates, COALESCE(u.username, g.name) AS label {SHOWN} \
         ORDER BY CASE WHEN a.user_pk IS NULL THEN 1 ELSE 0 END, label, a.object_key LIMIT $4 OFFSET $5"
    ))
    .bind::<Integer, _>(provider.0)
    .bind::<Text, _>(state)
    .bind::<Text, _>(state)
    .bind::<BigInt, _>(window.size)
    .bind::<BigInt, _>(window.offset)
    .prepared()
    .load(conn)?;
    let rows: Result<_, StoreError> = rows.into_iter().map(ListedRow::read).collect();
    Ok(window.page(rows?, counted.n))
}

fn row(
    provider: ProviderPk,
    object: ObjectId,
    state: AdoptionState,
    candidates: &[Candidate],
) -> AdoptionRow {
    let kept = candidates.iter().take(CANDIDATES_KEPT).collect::<Vec<_>>();
    let (user_pk, group_id) = columns(object);
    AdoptionRow {
        provider_pk: provider.0,
        object_key: key_of(object),
        user_pk,
        group_id,
        state: state.as_str(),
        candidates: Json(serde_json::to_value(kept).unwrap_or_default()),
    }
}

fn write(conn: &mut Conn, rows: &[AdoptionRow]) -> Result<(), StoreError> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        on_backend!(conn, |conn| diesel::insert_into(adoptions::table)
            .values(rows)
            .on_conflict((adoptions::provider_pk, adoptions::object_key))
            .do_update()
            .set((
                adoptions::state.eq(diesel::upsert::excluded(adoptions::state)),
                adoptions::candidates.eq(diesel::upsert::excluded(adoptions::candidates)),
            ))
            .execute(conn))?;
    }
    Ok(())
}

#[derive(Debug, Insertable)]
#[diesel(table_name = adoptions, treat_none_as_default_value = false)]
struct AdoptionRow {
    provider_pk: i32,
    object_key: String,
    user_pk: Option<i32>,
    group_id: Option<Key>,
    state: &'static str,
    candidates: Json,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = taken_over, treat_none_as_default_value = false)]
struct TakenRow<'a> {
    provider_pk: i32,
    kind: &'static str,
    remote_id: &'a str,
    matched_by: &'static str,
}

#[derive(Debug, QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(Debug, QueryableByName)]
struct ListedRow {
    #[diesel(sql_type = Nullable<Integer>)]
    user_pk: Option<i32>,
    #[diesel(sql_type = Nullable<Id>)]
    group_id: Option<Key>,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Doc)]
    candidates: Json,
    #[diesel(sql_type = Nullable<Text>)]
    label: Option<String>,
}

impl ListedRow {
    fn read(self) -> Result<Listed, StoreError> {
        let label = self.label.unwrap_or_default();
        let broken = |column| StoreError::inconsistent("adoptions", column, &label);
        let object = object(self.user_pk, self.group_id).ok_or_else(|| broken("user_pk"))?;
        let state = self.state.parse().map_err(|_unknown| broken("state"))?;
        let candidates =
            serde_json::from_value(self.candidates.0).map_err(|_unknown| broken("candidates"))?;
        Ok(Listed { adoption: Adoption { object, state, candidates }, label })
    }
}
