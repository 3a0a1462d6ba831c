-- What lists are searched and filtered by, so that none of them reads the directory.
--
-- The text that a search looks into is kept beside each row: its fields without their case, apart by U+001F, which
-- is no part of any word. A word of three characters or more is looked up in an index over their trigrams; a
-- shorter one is looked for in the texts themselves. Triggers write the texts, and other triggers the index.

CREATE TABLE user_texts (
    user_pk INTEGER NOT NULL PRIMARY KEY REFERENCES users (pk) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;

-- The index names its rows by number, and the number of a group's row may change: so its text has one of its own.
CREATE TABLE group_texts (
    id INTEGER NOT NULL PRIMARY KEY,
    group_id BLOB NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX group_texts_group_id_key ON group_texts (group_id);

CREATE VIRTUAL TABLE user_words USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE group_words USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
);

CREATE TRIGGER user_texts_insert AFTER INSERT ON user_texts BEGIN
    INSERT INTO user_words (rowid, text) VALUES (NEW.user_pk, NEW.text);
END;
CREATE TRIGGER user_texts_update AFTER UPDATE ON user_texts WHEN OLD.text <> NEW.text BEGIN
    DELETE FROM user_words WHERE rowid = OLD.user_pk;
    INSERT INTO user_words (rowid, text) VALUES (NEW.user_pk, NEW.text);
END;
CREATE TRIGGER user_texts_delete AFTER DELETE ON user_texts BEGIN
    DELETE FROM user_words WHERE rowid = OLD.user_pk;
END;
CREATE TRIGGER group_texts_insert AFTER INSERT ON group_texts BEGIN
    INSERT INTO group_words (rowid, text) VALUES (NEW.id, NEW.text);
END;
CREATE TRIGGER group_texts_update AFTER UPDATE ON group_texts WHEN OLD.text <> NEW.text BEGIN
    DELETE FROM group_words WHERE rowid = OLD.id;
    INSERT INTO group_words (rowid, text) VALUES (NEW.id, NEW.text);
END;
CREATE TRIGGER group_texts_delete AFTER DELETE ON group_texts BEGIN
    DELETE FROM group_words WHERE rowid = OLD.id;
END;

INSERT INTO user_texts (user_pk, text)
SELECT pk, scimitar_fold(
    username || char(31) || name || char(31) || email || char(31) || scimitar_uuid_text(uuid) || char(31)
    || scimitar_doc_text(attributes)
) FROM users;
INSERT INTO group_texts (group_id, text) SELECT id, scimitar_fold(name) FROM groups;

CREATE TRIGGER users_insert AFTER INSERT ON users BEGIN
    INSERT INTO user_texts (user_pk, text) VALUES (NEW.pk, scimitar_fold(
        NEW.username || char(31) || NEW.name || char(31) || NEW.email || char(31)
        || scimitar_uuid_text(NEW.uuid) || char(31) || scimitar_doc_text(NEW.attributes)
    ));
END;
CREATE TRIGGER users_update AFTER UPDATE OF username, name, email, uuid, attributes ON users
WHEN OLD.username <> NEW.username OR OLD.name <> NEW.name OR OLD.email <> NEW.email OR OLD.uuid <> NEW.uuid
    OR OLD.attributes <> NEW.attributes
BEGIN
    UPDATE user_texts SET text = scimitar_fold(
        NEW.username || char(31) || NEW.name || char(31) || NEW.email || char(31)
        || scimitar_uuid_text(NEW.uuid) || char(31) || scimitar_doc_text(NEW.attributes)
    ) WHERE user_pk = NEW.pk;
END;
CREATE TRIGGER groups_insert AFTER INSERT ON groups BEGIN
    INSERT INTO group_texts (group_id, text) VALUES (NEW.id, scimitar_fold(NEW.name));
END;
CREATE TRIGGER groups_update AFTER UPDATE OF name ON groups WHEN OLD.name <> NEW.name BEGIN
    UPDATE group_texts SET text = scimitar_fold(NEW.name) WHERE group_id = NEW.id;
END;

-- Each filter of a list with the list's own order behind it, so that a page of many is not sorted.
CREATE INDEX users_name_idx ON users (name, username);
CREATE INDEX users_is_active_idx ON users (is_active, username);
CREATE INDEX users_kind_idx ON users (kind, username);
CREATE INDEX users_path_idx ON users (path, username);
CREATE INDEX users_date_joined_idx ON users (date_joined);
CREATE INDEX users_last_updated_idx ON users (last_updated);
CREATE INDEX users_last_login_idx ON users (last_login, username);
CREATE INDEX groups_is_superuser_idx ON groups (is_superuser, name);
