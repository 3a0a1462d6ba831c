DELETE FROM departed_members WHERE stays;
DROP INDEX departed_members_remote_id_idx;
DROP INDEX departed_members_user_link_id_idx;
ALTER TABLE departed_members DROP COLUMN stays;
