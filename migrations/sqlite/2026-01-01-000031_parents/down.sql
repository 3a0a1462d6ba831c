ALTER TABLE groups ADD COLUMN parent_id BLOB REFERENCES groups (id) ON DELETE SET NULL;
UPDATE groups SET parent_id = (
    SELECT edge.parent_id FROM group_parents AS edge
    WHERE edge.group_id = groups.id AND scimitar_uuid_text(edge.parent_id) = json_extract(groups.parents, '$[0]')
);
CREATE INDEX groups_parent_id_idx ON groups (parent_id);
ALTER TABLE groups DROP COLUMN parents;
DROP TABLE group_parents;
