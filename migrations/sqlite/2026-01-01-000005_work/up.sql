-- The outbox, the durable queue and its lanes.

CREATE TABLE changes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    payload TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    lane TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    worker TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX jobs_lane_key_key ON jobs (lane, key);
CREATE INDEX jobs_lane_run_at_idx ON jobs (lane, run_at);
CREATE INDEX jobs_lane_order_idx ON jobs (lane, priority DESC, run_at, id);
CREATE INDEX jobs_worker_idx ON jobs (worker) WHERE worker IS NOT NULL;

CREATE TABLE lanes (
    name TEXT NOT NULL PRIMARY KEY,
    paused_until INTEGER,
    class TEXT,
    reason TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
