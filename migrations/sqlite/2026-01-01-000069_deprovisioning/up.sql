-- What becomes of resources whose object leaves, and which of them have left already.

ALTER TABLE providers ADD COLUMN user_deprovisioning TEXT NOT NULL DEFAULT 'delete';
ALTER TABLE providers ADD COLUMN group_deprovisioning TEXT NOT NULL DEFAULT 'delete';
ALTER TABLE providers ADD COLUMN deprovisioning_days INTEGER NOT NULL DEFAULT 30;

ALTER TABLE links ADD COLUMN departed_at INTEGER;
ALTER TABLE links ADD COLUMN delete_at INTEGER;

ALTER TABLE tombstones ADD COLUMN departed_at INTEGER;
ALTER TABLE tombstones ADD COLUMN delete_at INTEGER;
