-- The last attempts at an object that failed, since it was last in step. A place is used again by the tenth after it.

CREATE TABLE failed_attempts (
    link_id UUID NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    class TEXT NOT NULL,
    detail TEXT NOT NULL,
    next_at TIMESTAMPTZ,
    PRIMARY KEY (link_id, place)
);
