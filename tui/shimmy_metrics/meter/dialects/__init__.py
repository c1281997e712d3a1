"""What an answer's JSON means: one file for each API, and its row in `DIALECTS` in `registry`."""
