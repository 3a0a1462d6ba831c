DROP TABLE acked_children;
ALTER TABLE providers DROP COLUMN nested_groups;
