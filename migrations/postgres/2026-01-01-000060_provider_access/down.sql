DROP TABLE provider_access;
