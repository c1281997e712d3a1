"""One cell of a terminal: a character and its attributes. Pure."""

from typing import Final

from shimmy_metrics.app.diff_driver.sgr import PLAIN, Attributes

Cell = tuple[str, Attributes]
"""A character that takes one cell, and its attributes."""

Row = list[Cell | None]
"""The cells of a row; None is a cell whose content is unknown."""

BLANK: Final[Cell] = (" ", PLAIN)


def shows_on_blank(attributes: Attributes) -> bool:
    """Whether a blank with these attributes shows something that erasing the cell would not."""
    return bool(attributes.underline or attributes.reverse or attributes.strike or attributes.other)


def blank_cell(attributes: Attributes) -> Cell:
    """Return a blank, without the attributes that cannot be seen on it."""
    return (" ", attributes if shows_on_blank(attributes) else Attributes(background=attributes.background))


def attributes_for(cell: Cell, current: Attributes) -> Attributes:
    """Return the attributes to write the cell with. On a blank the current ones stay, except for the background."""
    if cell[0] != " " or shows_on_blank(cell[1]) or shows_on_blank(current):
        return cell[1]
    return current._replace(background=cell[1].background)
