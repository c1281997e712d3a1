"""Bytes of one connection in, exchanges out. Pure: no socket, no file, no clock of its own; never raises, never waits.

`tap` joins the two directions; `http1` reads heads and framing; `bodies`, `streams` and `websocket` read answers,
`mould` makes long streams cheap; `dialects` know what an answer's JSON means, `tally` holds what it told; `routes` and
`clients` turn names into words of closed lists.
"""
