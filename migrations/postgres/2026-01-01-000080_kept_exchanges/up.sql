-- Whether the last exchange is kept of every object, and not only of what fails.

ALTER TABLE providers ADD COLUMN keep_exchanges BOOLEAN NOT NULL DEFAULT FALSE;
