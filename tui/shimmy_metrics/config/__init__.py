"""The config file: `shape` reads and renders its text, `file` locks and writes it, `standing` says what is in force."""
