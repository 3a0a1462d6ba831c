//! How a provider and its remote know each other, over the API.

use serde_json::{Value, json};

use super::provider_with;
use crate::harness::Api;

const AUTHORITY: &str = include_str!("../../../../../testkit/fixtures/tls/authority.cert.pem");
const CERTIFICATE: &str = include_str!("../../../../../testkit/fixtures/tls/client.cert.pem");
const KEY: &str = include_str!("../../../../../testkit/fixtures/tls/client.key.pem");
const OTHER_KEY: &str = include_str!("../../../../../testkit/fixtures/tls/server.key.pem");

#[tokio::test]
async fn passwords_and_keys_are_taken_and_never_shown() {
    let api = Api::start().await;
    let admin = api.admin();
    let request = json!({
        "name": "a", "url": "https://a", "auth_mode": "basic", "auth_user": "me", "auth_secret": "canary-password",
        "client_certificate": CERTIFICATE, "client_certificate_key": KEY, "ca_certificates": AUTHORITY,
    });
    let path = format!("/providers/scim/{}/", provider_with(&admin, request).await);
    let answer = admin.get(&path).await;
    let read = answer.expect(200);
    assert_eq!((&read["auth_mode"], &read["auth_user"]), (&json!("basic"), &json!("me")));
    assert_eq!((&read["auth_secret_set"], &read["client_certificate_key_set"]), (&json!(true), &json!(true)));
    assert_eq!(read["client_certificate"], CERTIFICATE.trim());
    assert_eq!(read["ca_certificates"], AUTHORITY.trim());
    for absent in ["auth_secret", "client_certificate_key"] {
        assert_eq!(read.get(absent), None);
    }
    assert!(!answer.text.contains("canary-password") && !answer.text.contains("PRIVATE KEY"));

    // What is not named stays, and null forgets.
    let renamed = admin.patch(&path, &json!({"name": "b"})).await.expect(200);
    assert_eq!(renamed["auth_secret_set"], true);
    let plain = json!({"auth_mode": "token", "token": "t", "auth_user": "", "auth_secret": null,
                       "client_certificate": "", "client_certificate_key": null, "ca_certificates": ""});
    let plain = admin.patch(&path, &plain).await.expect(200);
    assert_eq!(
        (&plain["auth_secret_set"], &plain["client_certificate_key_set"]),
        (&json!(false), &json!(false))
    );
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused_by_the_field_that_has_to_change() {
    let api = Api::start().await;
    let admin = api.admin();
    let refused = async |more: Value| {
        let mut request = json!({"name": "a", "url": "https://a", "token": "t"});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        admin.post("/providers/scim/", &request).await.expect(400)
    };
    let required = |mode: &str| json!([format!("This field is required where `auth_mode` is `{mode}`.")]);
    assert_eq!(
        refused(json!({"auth_mode": "basic"})).await,
        json!({"auth_user": required("basic"), "auth_secret": required("basic")})
    );
    assert_eq!(
        refused(json!({"auth_mode": "header", "auth_header": "X-Api-Key"})).await,
        json!({"auth_secret": required("header")})
    );
    assert_eq!(
        refused(json!({"auth_mode": "header", "auth_header": "Host", "auth_secret": "x"})).await,
        json!({"auth_header": ["`Host` is no header that can be set for a remote."]})
    );
    assert_eq!(
        refused(json!({"auth_mode": "basic", "auth_user": "a:b", "auth_secret": "x"})).await["auth_user"][0],
        "The user name and the password cannot be sent: a user name has no colon, and neither has control characters."
    );
    assert_eq!(
        refused(json!({"auth_mode": "certificate"})).await,
        json!({"client_certificate": required("certificate")})
    );
    assert_eq!(
        refused(json!({"client_certificate": CERTIFICATE})).await,
        json!({"client_certificate_key": ["This field is required beside `client_certificate`."]})
    );
    assert_eq!(
        refused(json!({"client_certificate": CERTIFICATE, "client_certificate_key": OTHER_KEY})).await,
        json!({"client_certificate_key": ["The key does not belong to the first certificate of the chain."]})
    );
    assert_eq!(
        refused(json!({"ca_certificates": "/etc/ssl/certs/ca.pem"})).await,
        json!({"ca_certificates": [
            "It holds no certificate. What is expected is PEM: text with lines `-----BEGIN CERTIFICATE-----`."
        ]})
    );
    let cut = AUTHORITY.replace("-----END CERTIFICATE-----", "");
    assert_eq!(
        refused(json!({"ca_certificates": cut})).await,
        json!({"ca_certificates": ["It is not whole PEM: a section has no line `-----END …-----`."]})
    );
}
