"""The store without a server: one SQLite file for each day of arrival, and one for the ids that were seen."""
