-- The directory: the installation itself, users, groups, memberships.
-- Instants are microseconds since the epoch, ids are 16 bytes, documents are JSON text.

CREATE TABLE installation (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    install_id BLOB NOT NULL CHECK (length(install_id) = 16),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    pk INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL CHECK (length(uuid) = 16),
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    kind TEXT NOT NULL CHECK (kind IN ('internal', 'external', 'service_account', 'internal_service_account')),
    path TEXT NOT NULL,
    attributes TEXT NOT NULL CHECK (json_valid(attributes)),
    last_login INTEGER,
    date_joined INTEGER NOT NULL,
    last_updated INTEGER NOT NULL,
    password_change_date INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX users_username_key ON users (username);
CREATE UNIQUE INDEX users_uuid_key ON users (uuid);
CREATE INDEX users_email_idx ON users (email);

CREATE TABLE groups (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    is_superuser INTEGER NOT NULL CHECK (is_superuser IN (0, 1)),
    parent_id BLOB REFERENCES groups (id) ON DELETE SET NULL,
    attributes TEXT NOT NULL CHECK (json_valid(attributes)),
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX groups_name_key ON groups (name);
CREATE INDEX groups_parent_id_idx ON groups (parent_id);
CREATE INDEX groups_superuser_idx ON groups (id) WHERE is_superuser;

CREATE TABLE memberships (
    group_id BLOB NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_pk INTEGER NOT NULL REFERENCES users (pk) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_user_pk_idx ON memberships (user_pk, group_id);
