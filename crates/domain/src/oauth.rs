//! A provider as a client of an authorization server, as its `auth_oauth_params` say.

use serde_json::Value;
use thiserror::Error;

use crate::JsonObject;

/// What a provider needs to get access tokens by the client credentials grant (RFC 6749 §4.4). Its secret is the
/// provider's `token`, which is kept sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthClient {
    pub token_url: String,
    pub client_id: String,
    /// The client authenticates by fields in the body and not by HTTP Basic.
    pub in_body: bool,
    /// Sent along with each request for a token.
    pub parameters: Vec<(String, String)>,
}

/// Why parameters make no client. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OAuthFault {
    #[error("`{0}` is required for this authentication mode.")]
    Missing(&'static str),
    #[error("`{0}` must be a text that is not empty.")]
    NotText(String),
    #[error("`client_authentication` must be `basic` or `body`.")]
    Authentication,
    #[error("The client secret is not kept here: set it as `token`, which is stored encrypted.")]
    Secret,
}

impl OAuthClient {
    /// Read the parameters: `token_url`, `client_id`, `client_authentication` (`basic`, the default, or `body`);
    /// all others are sent along as they are.
    pub fn read(params: &JsonObject) -> Result<Self, OAuthFault> {
        let mut client = Self {
            token_url: String::new(),
            client_id: String::new(),
            in_body: false,
            parameters: Vec::new(),
        };
        for (name, value) in params {
            let text = match value {
                Value::String(text) if !text.is_empty() => text.clone(),
                _not_text => return Err(OAuthFault::NotText(name.clone())),
            };
            match name.as_str() {
                "token_url" => client.token_url = text,
                "client_id" => client.client_id = text,
                "client_secret" => return Err(OAuthFault::Secret),
                "client_authentication" => {
                    client.in_body = match text.as_str() {
                        "basic" => false,
                        "body" => true,
                        _other => return Err(OAuthFault::Authentication),
                    };
                }
                // There is one grant that needs nobody to be there.
                "grant_type" => {}
                _other => client.parameters.push((name.clone(), text)),
            }
        }
        for (name, value) in [("token_url", &client.token_url), ("client_id", &client.client_id)] {
            if value.is_empty() {
                return Err(OAuthFault::Missing(name));
            }
        }
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(params: &Value, expected: &str) {
        let got = match OAuthClient::read(params.as_object().unwrap()) {
            Ok(client) => format!(
                "{} at {}{}{}",
                client.client_id,
                client.token_url,
                if client.in_body { " in the body" } else { "" },
                client
                    .parameters
                    .iter()
                    .map(|(name, value)| format!(" {name}={value}"))
                    .collect::<Vec<_>>()
                    .concat(),
            ),
            Err(fault) => fault.to_string(),
        };
        assert_eq!(got, expected, "{params}");
    }

    #[test]
    fn parameters_name_a_client_or_say_what_is_missing() {
        check(&json!({"token_url": "https://a/t", "client_id": "me"}), "me at https://a/t");
        check(
            &json!({"token_url": "https://a/t", "client_id": "me", "scope": "scim", "grant_type": "x",
                    "client_authentication": "body"}),
            "me at https://a/t in the body scope=scim",
        );
        check(&json!({"client_id": "me"}), "`token_url` is required for this authentication mode.");
        check(&json!({"token_url": "https://a/t"}), "`client_id` is required for this authentication mode.");
        check(&json!({"scope": ["a"]}), "`scope` must be a text that is not empty.");
        check(&json!({"client_authentication": "jwt"}), "`client_authentication` must be `basic` or `body`.");
        check(
            &json!({"client_secret": "x"}),
            "The client secret is not kept here: set it as `token`, which is stored encrypted.",
        );
    }
}
