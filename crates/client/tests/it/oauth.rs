//! Access tokens by the client credentials grant.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;

use scimitar_client::{
    Client, ClientAuthentication, ClientCredentials, ClientError, Credentials, Disposition, Egress, Target,
};
use scimitar_domain::{ManualClock, Secret};
use scimitar_scim::ResourceKind;

use crate::server::{Reply, Seen, Server, answer, json, settings, target};

const SECRET: &str = "canary-s3cr:et/";

/// A remote and its authorization server in one: `issue` answers for tokens, `serve` for the rest.
async fn both(
    issue: impl Fn(usize) -> Reply + Send + Sync + 'static,
    serve: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> Server {
    let (issue, serve) = (Arc::new(issue), Arc::new(serve));
    let n_issued = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    Server::start(move |seen| {
        if seen.target.starts_with("/token") {
            issue(n_issued.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1)
        } else {
            serve(seen)
        }
    })
    .await
}

fn token(n: usize) -> Reply {
    json(
        200,
        &json!({"access_token": format!("t{n}"), "token_type": "bearer", "expires_in": 600}).to_string(),
    )
}

fn granted(server: &Server) -> ClientCredentials {
    ClientCredentials {
        token_url: format!("{}/token?tenant=1", server.url),
        client_id: "me:you".to_owned(),
        client_secret: Secret::new(SECRET.to_owned()),
        authentication: ClientAuthentication::Basic,
        parameters: vec![("scope".to_owned(), "scim write".to_owned())],
    }
}

fn client(server: &Server, clock: &Arc<ManualClock>, credentials: ClientCredentials) -> Client {
    let egress = Egress::new(settings(), Arc::clone(clock) as _);
    let credentials = Credentials::ClientCredentials(credentials);
    Client::new(&egress, Target { credentials, ..target(&server.url) }).expect("a fit target")
}

fn header(seen: &Seen, name: &str) -> String {
    seen.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or("-").to_owned()
}

/// The keys under which calls came, one after the other.
fn keys(server: &Server) -> Vec<String> {
    let calls = server.seen().into_iter().filter(|seen| !seen.target.starts_with("/token"));
    calls.map(|seen| header(&seen, "authorization")).collect()
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_grant_says_and_kept() {
    let server = both(token, |_| json(200, "{}")).await;
    let clock = Arc::new(ManualClock::default());
    let client = client(&server, &clock, granted(&server));
    let (one, other) = tokio::join!(client.service_provider_config(), client.service_provider_config());
    one.and(other).expect("two answers");

    let asked = &server.seen()[0];
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/token?tenant=1"));
    assert_eq!(asked.body, "grant_type=client_credentials&scope=scim+write");
    assert_eq!(header(asked, "content-type"), "application/x-www-form-urlencoded");
    assert_eq!(header(asked, "accept"), "application/json");
    // `me%3Ayou:canary-s3cr%3Aet%2F`, because both halves are encoded before they are joined.
    assert_eq!(header(asked, "authorization"), "Basic bWUlM0F5b3U6Y2FuYXJ5LXMzY3IlM0FldCUyRg==");
    assert_eq!(keys(&server), ["Bearer t1", "Bearer t1"]);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    let server = both(token, |_| json(200, "{}")).await;
    let clock = Arc::new(ManualClock::default());
    let client = client(&server, &clock, granted(&server));
    for seconds in [0, 539, 1] {
        clock.advance(TimeDelta::seconds(seconds));
        client.service_provider_config().await.expect("an answer");
    }
    assert_eq!(keys(&server), ["Bearer t1", "Bearer t1", "Bearer t2"]);
}

#[tokio::test]
async fn a_token_that_was_revoked_is_replaced_once() {
    let refuse_first = |seen: &Seen| match header(seen, "authorization").as_str() {
        "Bearer t1" => json(401, "{}"),
        _ => json(201, r#"{"id": "r1"}"#),
    };
    let server = both(token, refuse_first).await;
    let client = client(&server, &Arc::default(), granted(&server));
    client.create(ResourceKind::User, &json!({"userName": "ada"})).await.expect("created");
    assert_eq!(keys(&server), ["Bearer t1", "Bearer t2"]);

    let server = both(token, |_| json(401, "{}")).await;
    let client = self::client(&server, &Arc::default(), granted(&server));
    let error = client.service_provider_config().await.expect_err("refused");
    assert!(matches!(error, ClientError::Unauthorized { .. }), "{error:?}");
    assert_eq!(keys(&server), ["Bearer t1", "Bearer t2"]);
}

#[tokio::test]
async fn some_servers_want_the_client_in_the_body() {
    let server = both(token, |_| json(200, "{}")).await;
    let in_body = ClientCredentials { authentication: ClientAuthentication::Body, ..granted(&server) };
    client(&server, &Arc::default(), in_body).service_provider_config().await.expect("an answer");
    let asked = &server.seen()[0];
    assert_eq!(header(asked, "authorization"), "-");
    assert_eq!(
        asked.body,
        "grant_type=client_credentials&scope=scim+write&client_id=me%3Ayou&client_secret=canary-s3cr%3Aet%2F"
    );
}

#[tokio::test]
async fn what_an_authorization_server_refuses_is_told_without_the_secret() {
    #[track_caller]
    fn check(error: &ClientError, expected: &str, disposition: Disposition) {
        let text = error.to_string();
        let text = text.split_once('`').and_then(|(head, tail)| Some((head, tail.split_once('`')?.1)));
        let (head, tail) = text.expect("the host");
        assert_eq!(format!("{head}HOST{tail}"), expected);
        assert_eq!(error.disposition(), disposition);
        assert!(!error.may_have_happened());
    }
    let refusals: [(u16, &str, &str, Disposition); 5] = [
        (
            401,
            r#"{"error": "invalid_client", "error_description": "no canary-s3cr:et/ here"}"#,
            "HOST refused to issue an access token with 401: invalid_client: no *** here",
            Disposition::PauseProvider { hint: None },
        ),
        (
            302,
            "",
            "HOST refused to issue an access token with 302",
            Disposition::PauseProvider { hint: None },
        ),
        (
            503,
            "<html>",
            "could not get an access token from HOST: it answered 503",
            Disposition::Retry { hint: None },
        ),
        (
            200,
            "{}",
            "could not get an access token from HOST: its answer has no `access_token`",
            Disposition::Retry { hint: None },
        ),
        (
            200,
            r#"{"access_token": "x", "token_type": "mac"}"#,
            "could not get an access token from HOST: it issues tokens of type `mac`",
            Disposition::Retry { hint: None },
        ),
    ];
    for (status, body, expected, disposition) in refusals {
        let server = both(move |_| answer(status, &[], body), |_| json(200, "{}")).await;
        let client = client(&server, &Arc::default(), granted(&server));
        let error = client.create(ResourceKind::User, &json!({})).await.expect_err("no token");
        check(&error, expected, disposition);
        assert_eq!(keys(&server), Vec::<String>::new(), "the remote is not asked without a key");
    }
}

#[tokio::test]
async fn the_token_endpoint_is_held_to_the_egress_rules() {
    let server = both(token, |_| json(200, "{}")).await;
    let elsewhere =
        ClientCredentials { token_url: "http://169.254.169.254/token".to_owned(), ..granted(&server) };
    let client = client(&server, &Arc::default(), elsewhere);
    let error = client.service_provider_config().await.expect_err("refused");
    assert!(matches!(error, ClientError::EgressRefused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_client_secret_does_not_travel_through_the_internet_without_tls() {
    let server = both(token, |_| json(200, "{}")).await;
    let elsewhere =
        ClientCredentials { token_url: "http://93.184.216.34/token".to_owned(), ..granted(&server) };
    let client = client(&server, &Arc::default(), elsewhere);
    let error = client.service_provider_config().await.expect_err("refused");
    assert!(matches!(error, ClientError::PlainHttpRefused { .. }), "{error:?}");
    assert_eq!(error.disposition(), Disposition::PauseProvider { hint: None });
    assert!(server.transcript().is_empty());
}
