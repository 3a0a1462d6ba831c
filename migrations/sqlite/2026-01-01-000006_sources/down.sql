DROP TABLE source_links;
DROP TABLE source_mappings;
DROP TABLE sources;
-- Without their kind they would be taken for mappings of providers.
DELETE FROM mappings WHERE kind = 'source';
DROP INDEX mappings_kind_name_idx;
ALTER TABLE mappings DROP COLUMN kind;
