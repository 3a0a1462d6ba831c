-- Memberships of who is deleted here are noted whatever the policy is, because it may change before the remote is told.
-- Where the remote keeps the resource as it is, they stay noted, for whoever stands for that resource later: a member
-- whom we once made is not to stay in a group only because he was unlinked in between.

ALTER TABLE departed_members ADD COLUMN stays INTEGER NOT NULL DEFAULT 0 CHECK (stays IN (0, 1));
CREATE INDEX departed_members_user_link_id_idx ON departed_members (user_link_id);
CREATE INDEX departed_members_remote_id_idx ON departed_members (remote_id);
