DROP TABLE mappings;
DROP TABLE tokens;
