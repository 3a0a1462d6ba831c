DROP INDEX source_links_group_id_idx;
CREATE INDEX source_links_group_id_idx ON source_links (group_id);
DROP INDEX source_links_group_key;
CREATE UNIQUE INDEX source_links_group_key ON source_links (source_id, group_id);
DROP INDEX links_group_id_idx;
CREATE INDEX links_group_id_idx ON links (group_id);
DROP INDEX links_group_key;
CREATE UNIQUE INDEX links_group_key ON links (provider_pk, group_id);
