DROP INDEX source_links_walk_idx;
