"""What a person can do. App and command line act through these alone; they return data and print nothing."""
