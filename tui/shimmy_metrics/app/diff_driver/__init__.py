"""A driver that writes differences: frames go in, and only the cells that changed reach the terminal.

A room of its own: it knows Textual's drivers and nothing of this app. In the order of the way: `frame` cuts what
Textual writes into pieces, `grid` knows what the terminal shows and says what differs, `scroll` finds rows that only
moved, `writing` goes the shortest way from cell to cell and `style` from some attributes to others, `driver` stands
between Textual and the terminal.
"""
