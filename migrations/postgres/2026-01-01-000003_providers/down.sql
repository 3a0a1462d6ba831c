DROP TABLE provider_group_filters;
DROP TABLE provider_mappings;
-- An application and its providers point at each other: cut one way first.
ALTER TABLE applications DROP CONSTRAINT applications_provider_pk_fkey;
DROP TABLE providers;
DROP TABLE applications;
