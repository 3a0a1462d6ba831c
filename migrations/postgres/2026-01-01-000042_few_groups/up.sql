-- Most links stand for users. Those without a group need no entry under one.
DROP INDEX links_group_key;
CREATE UNIQUE INDEX links_group_key ON links (provider_pk, group_id) WHERE group_id IS NOT NULL;
DROP INDEX links_group_id_idx;
CREATE INDEX links_group_id_idx ON links (group_id) WHERE group_id IS NOT NULL;
DROP INDEX source_links_group_key;
CREATE UNIQUE INDEX source_links_group_key ON source_links (source_id, group_id) WHERE group_id IS NOT NULL;
DROP INDEX source_links_group_id_idx;
CREATE INDEX source_links_group_id_idx ON source_links (group_id) WHERE group_id IS NOT NULL;
