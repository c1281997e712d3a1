"""One cell of a terminal: a character and its attributes, and what of a blank can be seen. Pure."""

from typing import Final

from shimmy_metrics.app.diff_driver.sgr import PLAIN, Attributes

Cell = tuple[str, Attributes]
"""A character of one cell and its attributes."""

Row = list[Cell | None]
"""The cells of a row; None is a cell of which nothing is known."""

BLANK: Final[Cell] = (" ", PLAIN)


def drawn(attributes: Attributes) -> bool:
    """Whether a blank with these attributes shows something that erasing would not."""
    return bool(attributes.underline or attributes.reverse or attributes.strike or attributes.other)


def blank(attributes: Attributes) -> Cell:
    """Return a blank: of its attributes only those count that can be seen."""
    return (" ", attributes if drawn(attributes) else Attributes(background=attributes.background))


def under(cell: Cell, current: Attributes) -> Attributes:
    """Return the attributes to write the cell with: a blank takes the current ones, but for its background."""
    if cell[0] != " " or drawn(cell[1]) or drawn(current):
        return cell[1]
    return current._replace(background=cell[1].background)
