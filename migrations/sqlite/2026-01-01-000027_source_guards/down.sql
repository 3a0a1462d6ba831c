DROP TABLE source_guards;
ALTER TABLE sources DROP COLUMN guard_percent;
ALTER TABLE sources DROP COLUMN guard_floor;
