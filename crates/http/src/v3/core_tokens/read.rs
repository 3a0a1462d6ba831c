//! What a request makes of a token.

use chrono::TimeDelta;

use scimitar_domain::{Intent, JsonObject, Timestamp, TokenFields, TokenId, UserPk};
use scimitar_store::{Conn, StoreError, Unique, tokens, users};

use crate::caller::Caller;
use crate::error::{ApiError, taken, unknown_reference};
use crate::field_errors::{FieldErrors, WHOLE};
use crate::fields::{Mode, Reader};

/// For how long a token works: API tokens always, others when the caller does not say.
const LIFETIME: TimeDelta = TimeDelta::days(1);

/// A token as it would be, and what speaks against it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) fields: TokenFields,
    errors: FieldErrors,
}

impl Draft {
    pub(super) fn accepted(&self) -> Result<(), ApiError> {
        self.errors.clone().accept(())
    }
}

/// A new token. An ordinary user makes tokens for itself only, and they expire.
pub(super) fn create(given: &JsonObject, caller: &Caller, now: Timestamp) -> Draft {
    let mut fields = TokenFields {
        identifier: String::new(),
        intent: Intent::Api,
        user: caller.user.pk,
        description: String::new(),
        expires: Some(now + LIFETIME),
        expiring: true,
        managed: None,
    };
    let mut reader = Reader::new(given, Mode::Create);
    reader.require(&["identifier"]);
    read_fields(&mut reader, &mut fields, caller);
    if !caller.is_superuser {
        fields.user = caller.user.pk;
        fields.expiring = true;
    }
    settle_intent(&mut reader, &mut fields, now);
    Draft { fields, errors: reader.into_errors() }
}

/// A stored token, changed.
pub(super) fn change(
    given: &JsonObject,
    mode: Mode,
    caller: &Caller,
    stored: &TokenFields,
    now: Timestamp,
) -> Draft {
    let mut fields = stored.clone();
    let mut reader = Reader::new(given, mode);
    reader.require(&["identifier"]);
    read_fields(&mut reader, &mut fields, caller);
    if fields.user != stored.user {
        reader.fault(WHOLE, "User cannot be changed");
        fields.user = stored.user;
    }
    if !caller.is_superuser {
        fields.expiring = stored.expiring;
    }
    let renews = reader.has("expires") || reader.has("expiring") || fields.intent != stored.intent;
    if renews {
        settle_intent(&mut reader, &mut fields, now);
    }
    Draft { fields, errors: reader.into_errors() }
}

fn read_fields(reader: &mut Reader<'_>, fields: &mut TokenFields, caller: &Caller) {
    reader.text("identifier", &mut fields.identifier);
    reader.choice("intent", &mut fields.intent);
    reader.key("user", &mut fields.user.0);
    reader.text("description", &mut fields.description);
    reader.moment_or_null("expires", &mut fields.expires);
    reader.boolean("expiring", &mut fields.expiring);
    let mut managed = fields.managed.clone();
    reader.text_or_null("managed", &mut managed);
    if caller.is_superuser {
        fields.managed = managed;
    }
    reader.judge(fields, &[]);
}

/// Callers make tokens of two kinds. For API tokens the service sets the end, whatever the caller says.
fn settle_intent(reader: &mut Reader<'_>, fields: &mut TokenFields, now: Timestamp) {
    match fields.intent {
        Intent::Api => fields.expires = Some(now + LIFETIME),
        Intent::AppPassword => fields.expires = fields.expires.or(Some(now + LIFETIME)),
        Intent::Verification | Intent::Recovery => {
            reader.fault("intent", format!("Invalid intent {}", fields.intent.as_str()));
        }
    }
    if !fields.expiring {
        fields.expires = None;
    }
}

/// All that speaks against the draft, whatever was found first.
pub(super) fn faults(
    conn: &mut Conn,
    draft: &Draft,
    stored: Option<TokenId>,
) -> Result<FieldErrors, StoreError> {
    let mut errors = draft.errors.clone();
    let mut found = FieldErrors::default();
    let namesake = tokens::find_by_identifier(conn, &draft.fields.identifier)?;
    if namesake.is_some_and(|other| Some(other.id) != stored) {
        let (field, sentence) = taken(Unique::TokenIdentifier);
        found.add(field, sentence);
    }
    let UserPk(user) = draft.fields.user;
    if users::find(conn, draft.fields.user)?.is_none() {
        found.add("user", unknown_reference(&user.to_string()));
    }
    errors.complete(found);
    Ok(errors)
}
