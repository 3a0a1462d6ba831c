DROP TABLE lanes;
DROP TABLE jobs;
DROP TABLE changes;
