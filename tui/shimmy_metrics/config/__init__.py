"""The config file.

`codec` parses and renders its text, `file` reads it, `trust` tells who owns it and may write it, `change` writes a
decision under the `lock`, `withdraw` writes a no whatever is in the way, both by `write`; `effective` reads what may
happen.
"""
