"""A Textual driver that writes differences: of each frame, only the cells that changed reach the terminal.

It knows Textual and Rich alone, so it could be a package of its own. In the order in which a frame passes: `tokens`
splits what Textual writes, `screen_buffer` keeps what the terminal shows and finds what differs, `scroll` finds rows
that only moved, `encoder` writes cells in the fewest bytes, with `sgr` for their attributes. `driver` stands between
Textual and the terminal.
"""
