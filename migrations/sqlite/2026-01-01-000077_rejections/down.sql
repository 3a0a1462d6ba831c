ALTER TABLE guards DROP COLUMN rejected_by;
ALTER TABLE tombstones DROP COLUMN rejected_at;
ALTER TABLE links DROP COLUMN rejected_at;
