-- Which version the remote resource had after our last change, where the remote says so.

ALTER TABLE links ADD COLUMN etag TEXT;
