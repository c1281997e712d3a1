"""Bytes of one connection in, exchanges out. Pure: no socket, no file, no clock of its own; never raises, never waits.

`tap` joins the two directions; `http1` cuts them into heads and bodies, `head_fields` interprets the header fields that
describe a body, `request` holds what is kept of a request. `bodies`, `streams` and `websocket` read responses: `lines`
cuts streams into blocks, `outline` shortens JSON that is too long to keep, `event_template` makes long streams cheap.
`dialects` interpret a response's JSON, `usage` collects what it says; `routes` and `clients` turn names into words of
closed lists.
"""
