DROP TABLE source_departed;
ALTER TABLE sources DROP COLUMN delete_after_days;
ALTER TABLE sources DROP COLUMN delete_policy;
