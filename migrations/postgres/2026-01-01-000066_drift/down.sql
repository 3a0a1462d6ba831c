DROP TABLE drift;
DROP TABLE drift_checks;
ALTER TABLE providers DROP COLUMN next_drift_at;
ALTER TABLE providers DROP COLUMN drift_check_every;
ALTER TABLE providers DROP COLUMN drift_check;
