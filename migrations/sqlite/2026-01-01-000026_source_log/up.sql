-- What clients of sources have asked of late, and what became of it. Bounded by count and by age.

CREATE TABLE source_log (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    source_id BLOB NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    client TEXT NOT NULL,
    status INTEGER NOT NULL,
    micros INTEGER NOT NULL,
    object TEXT,
    detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
CREATE INDEX source_log_source_id_idx ON source_log (source_id, id);
CREATE INDEX source_log_status_idx ON source_log (source_id, status, id);
CREATE INDEX source_log_object_idx ON source_log (source_id, object, id);
