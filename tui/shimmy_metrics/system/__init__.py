"""The machine under us: environment, profile, files, locks, clock, log, hand-over. No rule of metrics lives here."""
