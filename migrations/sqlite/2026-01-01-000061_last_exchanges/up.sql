-- What was said last to a remote about an object that failed, or that somebody asked for.

CREATE TABLE last_exchanges (
    link_id BLOB NOT NULL PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    status INTEGER,
    duration_ms INTEGER NOT NULL,
    request TEXT,
    response TEXT
) STRICT, WITHOUT ROWID;
