-- Providers that are being emptied: nothing is in their scope.

ALTER TABLE providers ADD COLUMN draining BOOLEAN NOT NULL DEFAULT FALSE;
