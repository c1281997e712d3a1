"""Opt-in, anonymous, fully transparent usage metrics for the Shimmy inference server.

The data's way, as the file list tells it: bytes pass `serve/relay` and a copy goes to `meter/`, which makes an
`exchange`; exchanges fold into an `aggregate`; `store/` keeps it while the session runs; `report/` turns it into the
one object that may leave; `delivery/` seals and sends it; receipts come back to `store/`. `actions/` is what a person
can do; `app/` and `cli/` act through it alone.
"""

__version__ = "0.1.0"
