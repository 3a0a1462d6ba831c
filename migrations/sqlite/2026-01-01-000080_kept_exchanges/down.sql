ALTER TABLE providers DROP COLUMN keep_exchanges;
