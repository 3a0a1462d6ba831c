//! One handler for everything below the prefix: who it is, what is asked, one call, one answer.

use actix_web::http::header::{ACCEPT, HeaderName, IF_MATCH, IF_NONE_MATCH};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};

use scimitar_inbound::{Inbound, InboundError, ResourceKind, Verb, Visit, Wanted};
use scimitar_scim::message::SearchRequest;
use scimitar_scim::{etag, projection};
use serde_json::Value;

use super::address::{PREFIX, Place};
use super::body::{self, Body};
use super::error::ScimError;
use super::visitor::Visitor;
use super::{answer, discovery, token, told};
use crate::app::App;

/// Everything below the prefix.
pub(crate) fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource(format!("{PREFIX}/{{slug}}/oauth2/token")).route(web::post().to(token::grant)));
    cfg.service(web::resource([format!("{PREFIX}/{{tail:.*}}"), PREFIX.to_owned()]).to(serve));
}

async fn serve(
    visitor: Visitor,
    app: web::Data<App>,
    req: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ScimError> {
    let Visitor { visit, place, at } = &visitor;
    let call = Call { inbound: &app.inbound, visit, req: &req, method: method(&req) };
    let answer = call.answer(place, body).await;
    app.inbound.log(visit, told::answer(&req, place, *at, &answer));
    answer
}

/// How an operation of many is refused.
fn refused(error: InboundError) -> (u16, Value) {
    let error = ScimError::from(error);
    (error.kind().0, error.body())
}

/// HEAD is GET; the connection leaves the body out.
fn method(req: &HttpRequest) -> Method {
    if req.method() == Method::HEAD { Method::GET } else { req.method().clone() }
}

struct Call<'a> {
    inbound: &'a Inbound,
    visit: &'a Visit,
    req: &'a HttpRequest,
    method: Method,
}

impl Call<'_> {
    async fn answer(&self, place: &Place, body: Body) -> Result<HttpResponse, ScimError> {
        accepts(self.req)?;
        match place {
            Place::List(kind) => self.list(*kind, body).await,
            Place::One(kind, id) => self.one(*kind, id, body).await,
            Place::Me => Err(ScimError::NotImplemented("the token stands for a client and for no person")),
            Place::ServiceProviderConfig
            | Place::ResourceTypes
            | Place::ResourceType(_)
            | Place::Schemas
            | Place::Schema(_) => {
                self.only(place, &[Method::GET])?;
                discovery::document(self.inbound, self.visit, place, self.req.query_string())
            }
            Place::Root => {
                self.only(place, &[Method::GET])?;
                self.search(None, self.query()?).await
            }
            Place::Search(kind) => {
                self.only(place, &[Method::POST])?;
                self.search(*kind, scimitar_inbound::search_request(&body.json().await?)?).await
            }
            Place::Bulk => {
                self.only(place, &[Method::POST])?;
                let body = body.json().await?;
                let done = self.inbound.bulk(self.visit, body, body::LARGEST, &refused).await?;
                Ok(answer::document(StatusCode::OK, &done))
            }
            Place::Nothing => Err(ScimError::NotFound),
        }
    }

    async fn list(&self, kind: ResourceKind, body: Body) -> Result<HttpResponse, ScimError> {
        self.only(&Place::List(kind), &[Method::GET, Method::POST])?;
        if self.method == Method::GET {
            return self.search(Some(kind), self.query()?).await;
        }
        let wanted = self.wanted();
        let made = self.inbound.create(self.visit, kind, body.json().await?, &wanted).await?;
        Ok(answer::resource(StatusCode::CREATED, made))
    }

    async fn search(
        &self,
        kind: Option<ResourceKind>,
        request: SearchRequest,
    ) -> Result<HttpResponse, ScimError> {
        let page = self.inbound.search(self.visit, kind, request).await?;
        Ok(answer::document(StatusCode::OK, &page))
    }

    async fn one(&self, kind: ResourceKind, id: &str, body: Body) -> Result<HttpResponse, ScimError> {
        let verb = match &self.method {
            &Method::PUT => Verb::Replace,
            &Method::PATCH => Verb::Patch,
            &Method::DELETE => {
                self.inbound.delete(self.visit, (kind, id), self.header(&IF_MATCH)).await?;
                return Ok(HttpResponse::NoContent().finish());
            }
            _other => {
                self.only(&Place::One(kind, id.to_owned()), &[Method::GET])?;
                return self.find(kind, id).await;
            }
        };
        let (body, wanted) = (body.json().await?, self.wanted());
        let changed = self
            .inbound
            .change(self.visit, (kind, id), (verb, body), self.header(&IF_MATCH), &wanted)
            .await?;
        Ok(answer::resource(StatusCode::OK, changed))
    }

    async fn find(&self, kind: ResourceKind, id: &str) -> Result<HttpResponse, ScimError> {
        let found = self.inbound.find(self.visit, kind, id, &self.wanted()).await?;
        match self.header(&IF_NONE_MATCH) {
            Some(header) if !etag::if_none_match(header, &found.version) => {
                Ok(answer::not_modified(&found.version))
            }
            Some(_) | None => Ok(answer::resource(StatusCode::OK, found)),
        }
    }

    /// Refuse what the place does not take (RFC 9110 §15.5.6).
    fn only(&self, place: &Place, methods: &[Method]) -> Result<(), ScimError> {
        if methods.contains(&self.method) {
            return Ok(());
        }
        Err(ScimError::MethodNotAllowed { method: self.req.method().to_string(), allow: place.allow() })
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.req.headers().get(name)?.to_str().ok()
    }

    fn pairs(&self) -> Vec<(String, String)> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(self.req.query_string());
        pairs.map(web::Query::into_inner).unwrap_or_default()
    }

    fn query(&self) -> Result<SearchRequest, ScimError> {
        let pairs = self.pairs();
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(SearchRequest::from_query(pairs)?)
    }

    /// The parameters that say what to show. Of others that a client puts there nobody takes notice.
    fn wanted(&self) -> Wanted {
        let pairs = self.pairs();
        let list = |name: &str| -> Vec<String> {
            let given = pairs.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
            given.flat_map(|(_, value)| projection::names(value)).map(str::to_owned).collect()
        };
        Wanted { attributes: list("attributes"), excluded: list("excludedAttributes") }
    }
}

/// Whether the client takes what we have (RFC 7644 §3.8).
fn accepts(req: &HttpRequest) -> Result<(), ScimError> {
    let mut accepted = req.headers().get_all(ACCEPT).peekable();
    if accepted.peek().is_none() {
        return Ok(());
    }
    let is_ours = |range: &[u8]| {
        let range = String::from_utf8_lossy(range).to_ascii_lowercase();
        let essence = range.split(';').next().unwrap_or_default().trim();
        matches!(essence, "" | "*/*" | "application/*" | "application/scim+json" | "application/json")
    };
    let takes = accepted.any(|value| value.as_bytes().split(|byte| *byte == b',').any(is_ours));
    if takes { Ok(()) } else { Err(ScimError::NotAcceptable) }
}
