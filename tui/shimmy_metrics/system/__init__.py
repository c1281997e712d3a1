"""The operating system: environment, profile, files, locks, clock, log, hand-over. No rule of metrics is here."""
