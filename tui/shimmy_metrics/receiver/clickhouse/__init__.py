"""The store behind the folder: a cluster of ClickHouse servers, to which the day files are delivered."""
