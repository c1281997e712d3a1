"""The config file.

`codec` parses and renders its text, `file` reads it, `trust` says whose it is, `change` writes a decision under the
`lock`, `withdraw` a no whatever stands in its way, both by `write`; `effective` reads what may happen.
"""
