-- Who stands for the resource of a former member, and is a member, takes over the note about it when he is linked. Notes
-- from before that was so are taken away here.

DELETE FROM departed_members WHERE EXISTS (
    SELECT 1 FROM acked_members a JOIN links u ON u.id = a.user_link_id
    WHERE a.group_link_id = departed_members.group_link_id AND u.remote_id = departed_members.remote_id
);
