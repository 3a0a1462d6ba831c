//! `/core/users/service_account/`: an account for a program, with its token, in one call.

use actix_web::{post, web};
use chrono::TimeDelta;
use serde_json::json;

use scimitar_api::{GenericError, UserServiceAccountRequest, UserServiceAccountResponse, ValidationError};
use scimitar_domain::{
    GroupFields, GroupId, Intent, JsonObject, Timestamp, TokenFields, TokenId, UserFields, UserKind, UserPk,
    UserUuid,
};
use scimitar_store::{StoreError, groups, tokens, users};

use crate::app::App;
use crate::body::Body;
use crate::caller::Admin;
use crate::error::ApiError;
use crate::fields::{Mode, Reader};

/// Where service accounts live.
const PATH: &str = "goauthentik.io/service-accounts";
/// The attribute that says whether the account's tokens expire.
const EXPIRING: &str = "goauthentik.io/user/token-expires";
/// For how long a token works when the caller does not say.
const LIFETIME: TimeDelta = TimeDelta::days(360);

/// What the caller asked for.
#[derive(Debug, Clone)]
struct Wish {
    user: UserFields,
    create_group: bool,
    expiring: bool,
    expires: Option<Timestamp>,
}

/// Create a service account.
#[utoipa::path(
    operation_id = "core_users_service_account_create",
    tag = "core",
    request_body = UserServiceAccountRequest,
    responses(
        (status = 200, body = UserServiceAccountResponse, description = "The account and its token"),
        (status = 400, body = ValidationError, description = "Fields cannot be accepted"),
        (status = 403, body = GenericError, description = "Not permitted"),
    ),
    security(("authentik" = [])),
)]
#[post("/core/users/service_account/")]
pub(crate) async fn service_account(
    _: Admin,
    app: web::Data<App>,
    body: Body,
) -> Result<web::Json<UserServiceAccountResponse>, ApiError> {
    let now = app.clock.now();
    let wish = read(&body.object()?, now)?;
    let username = wish.user.username.clone();
    let (uuid, group, token) = (UserUuid(app.ids.uuid()), GroupId(app.ids.uuid()), TokenId(app.ids.uuid()));
    let (key, keyring) = (app.ids.key(), app.keyring.clone());
    let sealed = key.clone();
    let made = app
        .store
        .write(move |conn| {
            let user = users::insert(conn, uuid, &wish.user, &[], now)?;
            if wish.create_group {
                let fields = GroupFields { name: wish.user.username.clone(), ..GroupFields::default() };
                groups::insert(conn, group, &fields, &[user.pk], now)?;
            }
            let mut of_token = token_of(&wish, user.pk);
            // Two names may differ only in what an identifier cannot hold.
            if tokens::find_by_identifier(conn, &of_token.identifier)?.is_some() {
                of_token.identifier = format!("{}-{}", of_token.identifier, user.pk);
            }
            tokens::insert(conn, &keyring, token, &of_token, &sealed)?;
            Ok::<_, StoreError>((user.pk, wish.create_group.then_some(group)))
        })
        .await;
    let (pk, group) = match made {
        Ok(made) => made,
        Err(StoreError::Taken(_)) => {
            return Err(ApiError::whole("A user/group with these details already exists"));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(web::Json(UserServiceAccountResponse {
        username,
        token: key.expose().clone(),
        user_uid: app.install.uid(pk),
        user_pk: pk.0,
        group_pk: group.map(|group| group.to_string()),
    }))
}

fn read(given: &JsonObject, now: Timestamp) -> Result<Wish, ApiError> {
    let mut wish = Wish { user: UserFields::default(), create_group: false, expiring: true, expires: None };
    let mut expires = Some(now + LIFETIME);
    let mut reader = Reader::new(given, Mode::Create);
    reader.require(&["name"]);
    reader.text("name", &mut wish.user.username);
    reader.boolean("create_group", &mut wish.create_group);
    reader.boolean("expiring", &mut wish.expiring);
    reader.moment("expires", &mut expires);
    reader.judge(&wish.user, &[("username", "name")]);
    reader.finish()?;

    wish.user.name.clone_from(&wish.user.username);
    wish.user.kind = UserKind::ServiceAccount;
    PATH.clone_into(&mut wish.user.path);
    wish.user.attributes.insert(EXPIRING.to_owned(), json!(wish.expiring));
    wish.expires = expires.filter(|_| wish.expiring);
    Ok(wish)
}

fn token_of(wish: &Wish, user: UserPk) -> TokenFields {
    TokenFields {
        identifier: slug(&format!("service-account-{}-password", wish.user.username)),
        intent: Intent::AppPassword,
        user,
        description: String::new(),
        expires: wish.expires,
        expiring: wish.expiring,
        managed: None,
    }
}

/// Lower-case letters, digits, underscores and single hyphens.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() || c == '_' {
            slug.push(c);
        } else if (c == '-' || c.is_whitespace()) && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches(['-', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_no_odd_characters() {
        assert_eq!(slug("service-account-My App!-password"), "service-account-my-app-password");
        assert_eq!(slug("service-account-ä-password"), "service-account-password");
    }
}
