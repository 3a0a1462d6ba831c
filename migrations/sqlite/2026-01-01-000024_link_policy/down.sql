DROP INDEX groups_external_id_idx;
DROP INDEX users_external_id_idx;
ALTER TABLE sources DROP COLUMN link_superusers;
ALTER TABLE sources DROP COLUMN link_policy;
