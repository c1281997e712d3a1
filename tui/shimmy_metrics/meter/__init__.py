"""Bytes of one connection in, exchanges out. Pure: no socket, no file, no clock of its own; never raises, never waits.

`tap` joins the two directions; `http1` cuts them into heads and bodies, `framing` knows what a head says of its body,
`request` what is kept of a request. `bodies`, `streams` and `websocket` read answers: `lines` cuts streams into blocks,
`outline` keeps what matters of JSON too long to keep, `mould` makes long streams cheap. `dialects` know what an
answer's JSON means, `tally` holds what it told; `routes` and `clients` turn names into words of closed lists.
"""
