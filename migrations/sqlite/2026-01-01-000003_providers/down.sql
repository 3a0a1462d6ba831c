DROP TABLE provider_group_filters;
DROP TABLE provider_mappings;
-- An application and its providers point at each other: cut one way first.
UPDATE applications SET provider_pk = NULL;
DROP TABLE providers;
DROP TABLE applications;
