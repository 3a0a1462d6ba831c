DROP TABLE deprovisioned;
