-- Whether the last exchange is kept of every object, and not only of what fails.

ALTER TABLE providers ADD COLUMN keep_exchanges INTEGER NOT NULL DEFAULT 0 CHECK (keep_exchanges IN (0, 1));
