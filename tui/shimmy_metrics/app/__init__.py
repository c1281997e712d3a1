"""The terminal app: shows what the actions return and asks; it touches neither store, config nor meter."""
