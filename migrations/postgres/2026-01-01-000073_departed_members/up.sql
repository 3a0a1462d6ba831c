-- Members of remote groups whose users are deleted here while their resources stay there: they are still to be taken
-- out. The link of such a user is gone, so its key refers to nothing.

CREATE TABLE departed_members (
    group_link_id UUID NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    user_link_id UUID NOT NULL,
    remote_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (group_link_id, user_link_id)
);
