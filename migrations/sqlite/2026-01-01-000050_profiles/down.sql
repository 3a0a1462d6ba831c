ALTER TABLE providers DROP COLUMN config_override;
ALTER TABLE providers DROP COLUMN profile;
