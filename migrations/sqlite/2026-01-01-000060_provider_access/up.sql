-- How a provider and its remote know each other, for those that have more than a token.

CREATE TABLE provider_access (
    provider_pk INTEGER NOT NULL PRIMARY KEY REFERENCES providers (pk) ON DELETE CASCADE,
    user_name TEXT NOT NULL,
    header TEXT NOT NULL,
    secret_sealed BLOB,
    client_certificate TEXT NOT NULL,
    client_key_sealed BLOB,
    authorities TEXT NOT NULL
) STRICT, WITHOUT ROWID;
