"""The SQLite file: running aggregates, outbox, receipts. All SQL is here."""
