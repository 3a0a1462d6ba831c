ALTER TABLE tombstones DROP COLUMN delete_at;
ALTER TABLE tombstones DROP COLUMN departed_at;
ALTER TABLE links DROP COLUMN delete_at;
ALTER TABLE links DROP COLUMN departed_at;
ALTER TABLE providers DROP COLUMN deprovisioning_days;
ALTER TABLE providers DROP COLUMN group_deprovisioning;
ALTER TABLE providers DROP COLUMN user_deprovisioning;
