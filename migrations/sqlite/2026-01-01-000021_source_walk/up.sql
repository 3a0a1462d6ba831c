-- What a source has, in the order in which it was made, is listed a page at a time.
CREATE INDEX source_links_walk_idx ON source_links (source_id, kind, created_at, id);
