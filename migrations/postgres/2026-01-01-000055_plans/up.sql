-- What full syncs would do, kept for a day so that exactly that can be done. Bounded by count and by age.

CREATE TABLE plans (
    id UUID NOT NULL PRIMARY KEY,
    provider_pk INTEGER NOT NULL REFERENCES providers (pk) ON DELETE CASCADE,
    state TEXT COLLATE "C" NOT NULL,
    asked_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    counts JSONB NOT NULL,
    detail TEXT COLLATE "C"
);
CREATE INDEX plans_provider_idx ON plans (provider_pk, created_at);

-- One object of a plan. It may be gone meanwhile, so its key is only a value.
CREATE TABLE plan_items (
    plan_id UUID NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    user_pk INTEGER,
    group_id UUID,
    tombstone_id UUID,
    label TEXT COLLATE "C" NOT NULL,
    step TEXT COLLATE "C" NOT NULL,
    fingerprint BIGINT NOT NULL,
    detail JSONB NOT NULL,
    outcome TEXT COLLATE "C",
    PRIMARY KEY (plan_id, position)
);
CREATE INDEX plan_items_user_idx ON plan_items (plan_id, user_pk);
