-- What is known of a provider's remote: by a vendor's profile, or by an operator in the remote's own place.

ALTER TABLE providers ADD COLUMN profile TEXT NOT NULL DEFAULT '';
ALTER TABLE providers ADD COLUMN config_override TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(config_override));
