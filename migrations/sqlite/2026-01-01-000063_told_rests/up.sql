-- Whether people were told that a lane rests, and not yet that it recovered.

ALTER TABLE lanes ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
