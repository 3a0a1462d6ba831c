DROP TABLE memberships;
DROP TABLE groups;
DROP TABLE users;
DROP TABLE installation;
DROP FUNCTION scimitar_doc_is(jsonb, jsonb, jsonb);
DROP FUNCTION scimitar_doc_text(jsonb);
DROP FUNCTION scimitar_uuid_text(uuid);
DROP FUNCTION scimitar_fold(text);
