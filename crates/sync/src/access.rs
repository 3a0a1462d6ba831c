//! How a provider is known to its remote, made of its settings.

use scimitar_client::{Certificates, ClientAuthentication, ClientCredentials, ClientError, Credentials};
use scimitar_domain::{AuthMode, FailureClass, LONGEST_PEM, OAuthClient, ProviderFields, Secret};

/// What speaks against the settings by which a provider is known to its remote: names of API fields, each with what
/// to do.
pub fn access_faults(fields: &ProviderFields) -> Vec<(&'static str, String)> {
    let access = &fields.access;
    let mut faults = Vec::new();
    let mut require = |is_there: bool, field: &'static str| {
        if !is_there {
            faults.push((
                field,
                format!("This field is required where `auth_mode` is `{}`.", fields.auth_mode.as_str()),
            ));
        }
        is_there
    };
    let is_whole = match fields.auth_mode {
        AuthMode::Basic => {
            let has_user = require(!access.user.is_empty(), "auth_user");
            require(access.secret.is_some(), "auth_secret") && has_user
        }
        AuthMode::Header => {
            let has_name = require(!access.header.is_empty(), "auth_header");
            require(access.secret.is_some(), "auth_secret") && has_name
        }
        AuthMode::Certificate => {
            require(!access.client_certificate.is_empty(), "client_certificate");
            false
        }
        AuthMode::Token | AuthMode::Oauth => false,
    };
    if is_whole
        && let Ok(credentials) = credentials(fields)
        && let Err(error) = credentials.check()
    {
        faults.push((at(&error), sentence(&error)));
    }
    certificate_faults(fields, &mut faults);
    faults
}

fn certificate_faults(fields: &ProviderFields, faults: &mut Vec<(&'static str, String)>) {
    let access = &fields.access;
    for (field, text) in
        [("client_certificate", &access.client_certificate), ("ca_certificates", &access.authorities)]
    {
        if text.len() > LONGEST_PEM {
            faults.push((field, format!("Ensure this field has no more than {LONGEST_PEM} bytes.")));
            return;
        }
    }
    let empty = Certificates::default;
    if !access.authorities.is_empty()
        && let Err(fault) = empty().with_authorities(&access.authorities)
    {
        faults.push(("ca_certificates", fault.to_string()));
    }
    let own = &access.client_certificate;
    match &access.client_key {
        None if own.is_empty() => {}
        None => {
            if let Err(fault) = empty().with_authorities(own) {
                faults.push(("client_certificate", fault.to_string()));
            }
            faults.push((
                "client_certificate_key",
                "This field is required beside `client_certificate`.".to_owned(),
            ));
        }
        Some(_) if own.is_empty() => {
            faults.push((
                "client_certificate",
                "This field is required beside `client_certificate_key`.".to_owned(),
            ));
        }
        Some(key) => {
            if let Err(fault) = empty().with_identity(own, key) {
                let field =
                    if fault.is_about_the_key() { "client_certificate_key" } else { "client_certificate" };
                faults.push((field, fault.to_string()));
            }
        }
    }
}

fn at(error: &ClientError) -> &'static str {
    match error {
        ClientError::BadHeader { .. } => "auth_header",
        ClientError::BadUser => "auth_user",
        _about_the_value => "auth_secret",
    }
}

fn sentence(error: &ClientError) -> String {
    match error {
        ClientError::BadToken => "It holds characters that no HTTP header can carry.".to_owned(),
        other => {
            let text = other.to_string();
            let mut letters = text.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            format!("{first}{}.", letters.as_str())
        }
    }
}

/// What calls authenticate with, or why that cannot be told.
pub(crate) fn credentials(fields: &ProviderFields) -> Result<Credentials, (FailureClass, String)> {
    let access = &fields.access;
    let secret = || access.secret.clone().unwrap_or_else(|| Secret::new(String::new()));
    Ok(match fields.auth_mode {
        AuthMode::Token => Credentials::Bearer(fields.token.clone()),
        AuthMode::Oauth => {
            let client = OAuthClient::read(&fields.auth_oauth_params)
                .map_err(|fault| (FailureClass::Unauthorized, format!("auth_oauth_params: {fault}")))?;
            Credentials::ClientCredentials(ClientCredentials {
                token_url: client.token_url,
                client_id: client.client_id,
                client_secret: fields.token.clone(),
                authentication: if client.in_body {
                    ClientAuthentication::Body
                } else {
                    ClientAuthentication::Basic
                },
                parameters: client.parameters,
            })
        }
        AuthMode::Basic => Credentials::Basic { user: access.user.clone(), password: secret() },
        AuthMode::Header => Credentials::Header { name: access.header.clone(), value: secret() },
        AuthMode::Certificate => Credentials::Certificate,
    })
}

/// What the provider brings along for TLS, or what is wrong with it.
pub(crate) fn certificates(fields: &ProviderFields) -> Result<Certificates, (FailureClass, String)> {
    let access = &fields.access;
    let mut certificates = Certificates::default();
    if !access.authorities.is_empty() {
        certificates = certificates
            .with_authorities(&access.authorities)
            .map_err(|fault| (FailureClass::Certificate, format!("ca_certificates: {fault}")))?;
    }
    if let Some(key) = &access.client_key {
        certificates = certificates
            .with_identity(&access.client_certificate, key)
            .map_err(|fault| (FailureClass::Certificate, format!("client_certificate: {fault}")))?;
    }
    Ok(certificates)
}
