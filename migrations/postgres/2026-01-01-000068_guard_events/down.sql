DROP TABLE guard_events;
ALTER TABLE providers DROP COLUMN four_eyes;
ALTER TABLE guards DROP COLUMN reason;
