DROP TABLE source_log;
