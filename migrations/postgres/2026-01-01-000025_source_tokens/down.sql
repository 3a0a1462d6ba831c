DROP TABLE source_tokens;
