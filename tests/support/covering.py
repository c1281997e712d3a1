"""Covering arrays: a small set of rows in which each pair of values of any two axes occurs."""

import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

Row = dict[str, str]
Pair = tuple[str, str, str, str]
"""An axis with a value, and a later axis with a value."""

_CANDIDATES: Final = 8


def pairs(row: Row) -> set[Pair]:
    """Return the pairs that a row covers."""
    return {(one, row[one], other, row[other]) for one, other in combinations(row, 2)}


def every_pair(axes: Mapping[str, Sequence[str]]) -> set[Pair]:
    """Return all pairs to cover."""
    return {(one, a, other, b) for one, other in combinations(axes, 2) for a in axes[one] for b in axes[other]}


def covering(axes: Mapping[str, Sequence[str]], seed: int) -> list[Row]:
    """Return rows that cover every pair, those that cover most first. The same seed gives the same rows.

    Greedy (Cohen, Dalal, Fredman and Patton, "The AETG System", 1997): a row is begun with a pair that is not covered
    yet, and its other axes, in a drawn order, take the value that covers most.
    """
    draw = random.Random(seed)
    left = every_pair(axes)
    rows: list[Row] = []
    while left:
        begun = draw.choice(sorted(left))
        row = max((_row(axes, begun, left, draw) for _ in range(_CANDIDATES)), key=lambda made: len(pairs(made) & left))
        rows.append(row)
        left -= pairs(row)
    return rows


def _row(axes: Mapping[str, Sequence[str]], begun: Pair, left: set[Pair], draw: random.Random) -> Row:
    one, a, other, b = begun
    chosen = {one: a, other: b}
    place = {axis: number for number, axis in enumerate(axes)}
    order = [axis for axis in axes if axis not in chosen]
    draw.shuffle(order)
    for axis in order:
        values = draw.sample(axes[axis], len(axes[axis]))
        chosen[axis] = max(values, key=lambda value: _gain(place, chosen, axis, value, left))
    return {axis: chosen[axis] for axis in axes}


def _gain(place: Mapping[str, int], chosen: Row, axis: str, value: str, left: set[Pair]) -> int:
    """Return how many more pairs are covered if the axis takes this value beside those chosen."""
    return sum(
        ((axis, value, other, each) if place[axis] < place[other] else (other, each, axis, value)) in left
        for other, each in chosen.items()
    )
