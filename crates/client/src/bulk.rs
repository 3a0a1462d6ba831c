//! Many changes in one request (RFC 7644 §3.7).

use serde_json::{Map, Value, json};

use scimitar_domain::Secret;
use scimitar_scim::{ResourceKind, ScimErrorBody, attribute, etag, urn};

use crate::client::{Answer, Call, Client, Heard, shown_url};
use crate::error::ClientError;
use crate::exchange::{Exchange, Method, Recorder};
use crate::refusal::{Refusal, Subject};
use crate::reply::{Reply, said};
use crate::shown::{Veil, hidden};
use crate::target::{id_in, is_usable_id, path};

const ROUTE: &str = "Bulk";

/// What stands around the operations of a request, and around the body of each, in bytes.
const ENVELOPE: usize = 160;

/// One change of one resource, which may go by itself or together with others.
#[derive(Debug, Clone)]
pub struct Operation {
    pub deed: Deed,
    pub kind: ResourceKind,
    /// The version that it is made for, if any; see [`Client::if_match`].
    pub version: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Deed {
    Create {
        resource: Value,
    },
    Replace {
        remote_id: String,
        resource: Value,
    },
    /// `request` comes from [`scimitar_scim::patch`].
    Patch {
        remote_id: String,
        request: Value,
    },
    Delete {
        remote_id: String,
    },
}

impl Deed {
    fn method(&self) -> Method {
        match self {
            Self::Create { .. } => Method::Post,
            Self::Replace { .. } => Method::Put,
            Self::Patch { .. } => Method::Patch,
            Self::Delete { .. } => Method::Delete,
        }
    }

    fn remote_id(&self) -> Option<&str> {
        match self {
            Self::Create { .. } => None,
            Self::Replace { remote_id, .. } | Self::Patch { remote_id, .. } | Self::Delete { remote_id } => {
                Some(remote_id)
            }
        }
    }

    fn body(&self) -> Option<&Value> {
        match self {
            Self::Create { resource } | Self::Replace { resource, .. } => Some(resource),
            Self::Patch { request, .. } => Some(request),
            Self::Delete { .. } => None,
        }
    }
}

impl Operation {
    /// How many bytes it adds to a request, at most. `None` where it cannot be part of one.
    pub fn size(&self) -> Option<usize> {
        let path = self.path().ok()?;
        let body = self.deed.body().map_or(0, |body| body.to_string().len());
        // Each quotation mark of a version is two characters.
        let version = self.version.as_ref().map_or(0, |version| 2 * version.len());
        Some(ENVELOPE + path.len() + body + version)
    }

    /// How many bytes a request without operations has, at most.
    pub fn envelope() -> usize {
        ENVELOPE
    }

    fn path(&self) -> Result<String, ClientError> {
        match self.deed.remote_id() {
            Some(id) => path(self.kind.endpoint(), id),
            None => Ok(format!("/{}", self.kind.endpoint())),
        }
    }

    fn subject(&self) -> Subject<'_> {
        match self.deed.remote_id() {
            Some(id) => Subject::Resource(id),
            None => Subject::Route(self.kind.endpoint()),
        }
    }

    /// As it stands in a request, with the name by which its result is known again.
    fn entry(&self, name: usize) -> Result<Value, ClientError> {
        let mut entry = Map::new();
        entry.insert("method".to_owned(), json!(self.deed.method().as_str()));
        entry.insert("path".to_owned(), json!(self.path()?));
        entry.insert("bulkId".to_owned(), json!(name.to_string()));
        if let Some(version) = &self.version {
            entry.insert("version".to_owned(), json!(version));
        }
        if let Some(body) = self.deed.body() {
            entry.insert("data".to_owned(), body.clone());
        }
        Ok(Value::Object(entry))
    }

    /// What became of it: read as the answer to a request of its own would be.
    fn outcome(&self, result: &Value, whole: &Whole<'_>) -> Result<Answer, ClientError> {
        let Some(status) = status_of(result) else { return Err(unanswered()) };
        let response = attribute::get(result, "response").unwrap_or(&Value::Null);
        let is_success = (200..300).contains(&status);
        let status = ScimErrorBody::disguised(response).filter(|_| is_success).unwrap_or(status);
        if !(200..300).contains(&status) {
            return Err(self.refused(status, said(response, whole.hidden), whole));
        }
        let location = attribute::text(result, "location");
        let named = attribute::text(response, "id");
        let id = named.or_else(|| location.as_deref().and_then(id_in));
        if matches!(self.deed, Deed::Create { .. }) && !id.as_deref().is_some_and(is_usable_id) {
            return Err(ClientError::MissingId);
        }
        let told = attribute::text(result, "version");
        let version = etag::of(response).or_else(|| etag::tag(told.as_deref()?)).map(str::to_owned);
        Ok(Answer { id, body: response.is_object().then(|| response.clone()), version })
    }

    fn refused(&self, status: u16, said: ScimErrorBody, whole: &Whole<'_>) -> ClientError {
        if status == 412 && self.version.is_some() {
            return ClientError::Stale { detail: said.detail.unwrap_or_default() };
        }
        // A header that says when to come again is meant for those who were told to.
        let retry_after = whole.reply.retry_after.filter(|_| matches!(status, 429 | 503));
        let refusal = Refusal { status, retry_after, location: None, said };
        refusal.situation(self.deed.method(), self.subject())
    }
}

/// The answer that results stand in.
struct Whole<'a> {
    reply: &'a Reply,
    hidden: &'a [Secret<String>],
}

impl Client {
    /// Make one change by itself.
    pub async fn change(&self, operation: &Operation) -> Result<Answer, ClientError> {
        let Operation { deed, kind, version } = operation;
        let bound = || self.if_match(version.as_deref());
        match deed {
            Deed::Create { resource } => self.create(*kind, resource).await,
            Deed::Replace { remote_id, resource } => bound().replace(*kind, remote_id, resource).await,
            Deed::Patch { remote_id, request } => bound().patch(*kind, remote_id, request).await,
            Deed::Delete { remote_id } => bound().delete(*kind, remote_id).await.map(|()| Answer::default()),
        }
    }

    /// Make many changes in one request. Answers what became of each, in their order, as though it had gone by itself;
    /// an error is about the request as a whole. Beside each operation stands who wants to know what was said of it.
    ///
    /// What the answer says nothing about may have happened ([`ClientError::may_have_happened`]).
    pub async fn bulk(
        &self,
        operations: &[(Operation, Option<Recorder>)],
    ) -> Result<Vec<Result<Answer, ClientError>>, ClientError> {
        let mut entries = Vec::with_capacity(operations.len());
        for (name, (operation, _)) in operations.iter().enumerate() {
            entries.push(operation.entry(name)?);
        }
        let url = self.base().route(ROUTE)?;
        let mut request = Map::new();
        request.insert("schemas".to_owned(), json!([urn::BULK_REQUEST]));
        request.insert("Operations".to_owned(), Value::Array(entries));
        let request = Value::Object(request);
        let call = Call { method: Method::Post, url, subject: Subject::Route(ROUTE), body: Some(&request) };
        let heard = self.hear(&call).await;

        let entries = request.get("Operations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let teller = Teller { call: &call, heard: &heard, entries };
        let results = match &heard.outcome {
            Ok(reply) => results(reply.document.as_ref(), entries).map(|results| (reply, results)),
            // What is read too long was done, and a smaller request is answered more shortly.
            Err(ClientError::AnswerTooLarge { limit }) => {
                let found = format!("an answer of more than {limit} bytes");
                Err(ClientError::Malformed { status: 200, found })
            }
            Err(error) => Err(error.clone()),
        };
        match results {
            Ok((reply, results)) => {
                let credentials = heard.key.as_ref().map_or(&[][..], |key| key.hidden());
                let hidden = hidden(credentials, Some(&request));
                let whole = Whole { reply, hidden: &hidden };
                let each = operations.iter().zip(results).enumerate();
                Ok(each
                    .map(|(name, ((operation, recorder), result))| {
                        let read = |result: &Value| operation.outcome(result, &whole);
                        let outcome = result.as_ref().map_or_else(|| Err(unanswered()), read);
                        teller.tell(recorder.as_ref(), name, outcome.is_err(), result.as_ref());
                        outcome
                    })
                    .collect())
            }
            Err(error) => {
                for (name, (_, recorder)) in operations.iter().enumerate() {
                    teller.tell(recorder.as_ref(), name, true, None);
                }
                Err(error)
            }
        }
    }
}

/// Tells of single operations what was said of them.
struct Teller<'a> {
    call: &'a Call<'a>,
    heard: &'a Heard,
    entries: &'a [Value],
}

impl Teller<'_> {
    /// The operation and its result stand in the place of the bodies, below the address of the whole. Where there is
    /// no result, what was answered stands there.
    fn tell(&self, recorder: Option<&Recorder>, name: usize, has_failed: bool, result: Option<&Value>) {
        let Some(recorder) = recorder.filter(|recorder| recorder.wants(has_failed)) else { return };
        // Without a key nothing was sent.
        let Some(key) = &self.heard.key else { return };
        let veil = Veil::over(key.hidden(), self.call.body);
        let answered = || (!self.heard.answered.is_empty()).then(|| veil.bytes(&self.heard.answered));
        recorder.tell(Exchange {
            method: self.call.method,
            url: shown_url(&self.call.url),
            status: result.and_then(status_of).or(self.heard.status),
            duration: self.heard.duration,
            request: self.entries.get(name).map(|entry| veil.value(entry)),
            response: result.map(|result| veil.value(result)).or_else(answered),
        });
    }
}

/// The results in the order of the operations.
///
/// They come in any order, and not all services repeat the name of an operation other than POST, which RFC 7644 §3.7
/// requires there only: those are known by method and location, and where no result is named at all, by their place.
fn results(document: Option<&Value>, entries: &[Value]) -> Result<Vec<Option<Value>>, ClientError> {
    let Some(Value::Array(results)) = document.and_then(|document| attribute::get(document, "Operations"))
    else {
        return Err(ClientError::Malformed { status: 200, found: "no list of results".to_owned() });
    };
    let name_of = |result: &Value| attribute::text(result, "bulkId")?.parse::<usize>().ok();
    let are_in_order = results.len() == entries.len()
        && results.iter().zip(entries).all(|(result, entry)| {
            name_of(result).is_none() && !is_create(entry) && has_method_of(result, entry)
        });
    let mut ordered = vec![None; entries.len()];
    for (n, result) in results.iter().enumerate() {
        let by_name = name_of(result).filter(|name| entries.get(*name).is_some_and(|it| may_be(result, it)));
        let place = by_name
            .or_else(|| entries.iter().position(|entry| is_located(result, entry)))
            .or_else(|| are_in_order.then_some(n));
        if let Some(free) = place.and_then(|n| ordered.get_mut(n)).filter(|it| it.is_none()) {
            *free = Some(result.clone());
        }
    }
    Ok(ordered)
}

/// A result that names another method is not this one's, whatever name it carries.
fn may_be(result: &Value, entry: &Value) -> bool {
    attribute::get(result, "method").is_none() || has_method_of(result, entry)
}

fn has_method_of(result: &Value, entry: &Value) -> bool {
    attribute::text(result, "method")
        .is_some_and(|method| method.eq_ignore_ascii_case(member(entry, "method")))
}

fn is_create(entry: &Value) -> bool {
    member(entry, "method") == Method::Post.as_str()
}

/// All creates have the same path.
fn is_located(result: &Value, entry: &Value) -> bool {
    !is_create(entry)
        && has_method_of(result, entry)
        && attribute::text(result, "location").is_some_and(|it| it.ends_with(member(entry, "path")))
}

fn member<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A text or a number; or as the drafts of the protocol had it: `{"code": "201"}`.
fn status_of(result: &Value) -> Option<u16> {
    let plain = attribute::count(result, "status");
    let status = plain.or_else(|| attribute::count(attribute::get(result, "status")?, "code"));
    status.and_then(|status| status.try_into().ok())
}

fn unanswered() -> ClientError {
    ClientError::Malformed { status: 200, found: "no result for this operation".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which result is taken for which operation: `-` where none is.
    #[track_caller]
    fn check(operations: &[&str], answered: &Value, expected: &[&str]) {
        let entry = |(name, line): (usize, &&str)| {
            let (method, path) = line.split_once(' ').unwrap();
            json!({"method": method, "path": path, "bulkId": name.to_string()})
        };
        let entries: Vec<Value> = operations.iter().enumerate().map(entry).collect();
        let found = results(Some(&json!({"Operations": answered})), &entries).unwrap();
        let found: Vec<String> = found
            .iter()
            .map(|it| it.as_ref().and_then(status_of).map_or_else(|| "-".to_owned(), |it| it.to_string()))
            .collect();
        assert_eq!(found, expected, "{answered}");
    }

    #[test]
    fn results_are_known_by_name_in_any_order_and_else_by_location() {
        let operations = ["POST /Users", "POST /Users", "PUT /Users/1", "DELETE /Users/11"];
        check(
            &operations,
            &json!([
                {"method": "DELETE", "location": "https://app.example/v2/Users/11", "status": "204"},
                {"method": "put", "location": "https://app.example/v2/Users/1", "status": 200},
                {"method": "POST", "bulkId": "1", "status": {"code": "409"}},
                {"method": "POST", "bulkId": "0", "status": "201"},
            ]),
            &["201", "409", "200", "204"],
        );
        check(
            &operations,
            &json!([
                {"method": "POST", "status": "201", "location": "https://app.example/v2/Users"},
                {"method": "POST", "bulkId": "7", "status": "201"},
                {"method": "PUT", "bulkId": "0", "status": "200"},
                {"bulkId": "3", "status": "204"},
                {"bulkId": "3", "status": "500"},
                "junk",
            ]),
            &["-", "-", "-", "204"],
        );
    }

    #[test]
    fn results_without_names_are_in_order_only_where_nothing_is_made_and_none_is_missing() {
        let operations = ["PUT /Users/1", "DELETE /Users/2"];
        let (put, delete) =
            (json!({"method": "PUT", "status": "200"}), json!({"method": "DELETE", "status": "404"}));
        check(&operations, &json!([put, delete]), &["200", "404"]);
        check(&operations, &json!([delete, put]), &["-", "-"]);
        check(&operations, &json!([put]), &["-", "-"]);
        let post = json!({"method": "POST", "status": "201"});
        check(&["POST /Users", "DELETE /Users/2"], &json!([post, delete]), &["-", "-"]);
    }

    #[test]
    fn an_operation_is_no_longer_than_it_is_said_to_be() {
        let resource = json!({"userName": "a\"\\ö\u{1}".repeat(50), "n": [1, {"x": null}]});
        let remote_id = "ö \"/".repeat(20);
        for deed in [
            Deed::Create { resource: resource.clone() },
            Deed::Replace { remote_id: remote_id.clone(), resource },
            Deed::Delete { remote_id },
        ] {
            let version = Some("W/\"17\"".to_owned());
            let operation = Operation { deed, kind: ResourceKind::User, version };
            let length = operation.entry(999_999).unwrap().to_string().len();
            assert!(length < operation.size().unwrap(), "{length}");
        }
        let unfit = Deed::Delete { remote_id: "..".to_owned() };
        assert_eq!(Operation { deed: unfit, kind: ResourceKind::User, version: None }.size(), None);
    }
}
