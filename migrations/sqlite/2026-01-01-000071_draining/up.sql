-- Providers that are being emptied: nothing is in their scope.

ALTER TABLE providers ADD COLUMN draining INTEGER NOT NULL DEFAULT 0 CHECK (draining IN (0, 1));
