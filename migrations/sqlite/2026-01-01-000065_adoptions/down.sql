DROP TABLE taken_over;
DROP TABLE adoptions;
DROP TABLE remote_keys;
