//! Under which address callers reach this service.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::app::App;
use crate::error::ApiError;

/// The address without a slash at its end: the configured one, or where this request was sent to.
///
/// What a proxy says of the request is believed, because the answer goes to nobody but its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl Origin {
    /// Where the client of the source with this slug finds its SCIM service.
    pub(crate) fn of_source(&self, slug: &str) -> String {
        format!("{}/source/scim/{slug}/v2", self.0)
    }
}

impl FromRequest for Origin {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(app) = req.app_data::<web::Data<App>>() else { return ready(Err(ApiError::NoState)) };
        ready(Ok(app.public_url.clone().map_or_else(|| of_request(req), Self)))
    }
}

fn of_request(req: &HttpRequest) -> Origin {
    let info = req.connection_info();
    Origin(format!("{}://{}", info.scheme(), info.host()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[track_caller]
    fn check(headers: &[(&str, &str)], expected: &str) {
        let mut request = TestRequest::default();
        for header in headers {
            request = request.insert_header(*header);
        }
        let origin = of_request(&request.to_http_request());
        assert_eq!(origin.of_source("entra"), format!("{expected}/source/scim/entra/v2"), "{headers:?}");
    }

    #[test]
    fn a_request_says_where_it_was_sent_to() {
        check(&[("host", "id.example.com:9000")], "http://id.example.com:9000");
        check(
            &[("host", "10.0.0.1"), ("x-forwarded-host", "id.example.com"), ("x-forwarded-proto", "https")],
            "https://id.example.com",
        );
    }
}
