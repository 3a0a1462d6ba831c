ALTER TABLE providers DROP COLUMN draining;
