"""The SQLite file: sessions, outbox, departures with the receipts among them. All SQL is here."""
