-- Whose leaving somebody has rejected: they stay at the remote as they are until it is approved.

ALTER TABLE links ADD COLUMN rejected_at INTEGER;
ALTER TABLE tombstones ADD COLUMN rejected_at INTEGER;
ALTER TABLE guards ADD COLUMN rejected_by TEXT;
