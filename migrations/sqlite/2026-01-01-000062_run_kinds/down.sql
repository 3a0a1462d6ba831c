ALTER TABLE runs DROP COLUMN groups_failed;
ALTER TABLE runs DROP COLUMN groups_skipped;
ALTER TABLE runs DROP COLUMN groups_deleted;
ALTER TABLE runs DROP COLUMN groups_updated;
ALTER TABLE runs DROP COLUMN groups_adopted;
ALTER TABLE runs DROP COLUMN groups_created;
ALTER TABLE runs DROP COLUMN groups_in_scope;
