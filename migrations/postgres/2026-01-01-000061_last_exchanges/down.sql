DROP TABLE last_exchanges;
