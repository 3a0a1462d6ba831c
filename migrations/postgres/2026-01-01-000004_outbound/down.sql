DROP TABLE runs;
DROP TABLE tombstones;
DROP TABLE pending_members;
DROP TABLE acked_members;
DROP TABLE links;
