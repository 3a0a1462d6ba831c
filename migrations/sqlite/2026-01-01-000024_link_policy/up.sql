-- Which users and groups of the directory a source may take as its own.

ALTER TABLE sources ADD COLUMN link_policy TEXT NOT NULL DEFAULT 'none'
    CHECK (link_policy IN ('none', 'user_name', 'email', 'external_id'));
ALTER TABLE sources ADD COLUMN link_superusers INTEGER NOT NULL DEFAULT 0 CHECK (link_superusers IN (0, 1));

-- The key by which people say beforehand whom a client's `externalId` means.
CREATE INDEX users_external_id_idx ON users (json_extract(attributes, '$.external_id'))
    WHERE json_extract(attributes, '$.external_id') IS NOT NULL;
CREATE INDEX groups_external_id_idx ON groups (json_extract(attributes, '$.external_id'))
    WHERE json_extract(attributes, '$.external_id') IS NOT NULL;
