"""What arrives at a terminal's input and is no key: answers of terminals, torn sequences, bytes that are no text."""

import random
from typing import Final

ANSWERS: Final = (
    b"\x1b[?1;2c",  # DA1
    b"\x1b[?62;1;2;6;7;8;9;15;22c",
    b"\x1b[>0;276;0c",  # DA2
    b"\x1b[>41;354;0c",
    b"\x1bP!|00000000\x1b\\",  # DA3
    b"\x1bP>|XTerm(370)\x1b\\",  # XTVERSION
    b"\x1bP>|kitty(0.35.2)\x1b\\",
    b"\x1b[0n",  # the terminal's state
    b"\x1b[3n",
    b"\x1b[24;80R",  # the cursor's place
    b"\x1b[1;2R",
    b"\x1b[?24;80;1R",
    b"\x1b[?1004;2$y",  # a mode's state
    b"\x1b[?2048;1$y",
    b"\x1b[4;1$y",
    b"\x1b]4;1;rgb:cdcd/0000/0000\x07",  # a colour of the palette
    b"\x1b]10;rgb:0000/0000/0000\x1b\\",
    b"\x1b]11;rgb:ffff/ffff/ffff\x07",  # the background
    b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
    b"\x1b]12;rgb:ffff/ffff/ffff\x9c\x1b\\",
    b"\x1b]52;c;eWVzCg==\x07",  # the clipboard
    b"\x1b]lan icon\x1b\\",  # a title
    b"\x1b]Lyes\x1b\\",
    b"\x1bP1$r0m\x1b\\",  # a setting
    b"\x1bP1+r436f=323536\x1b\\",  # an entry of terminfo
    b"\x1b_Gi=31;OK\x1b\\",  # an image
    b"\x1b^yes\x1b\\",
    b"\x1bXyes\x1b\\",
    b"\x1b[8;24;80t",  # sizes
    b"\x1b[4;600;800t",
    b"\x1b[48;24;80;600;800t",
    b"\x1b[?0u",  # kitty's keyboard flags
    b"\x1b[110u",  # and keys in its form, which nobody asked for
    b"\x1b[101;1:1u",
    b"\x1b[27;5;110~",
    b"\x1b[?997;1n",  # dark or light
    b"\x1b[?10n",
    b"\x1b[I",  # focus
    b"\x1b[O",
    b"\x1b[M yn",  # a click in X10's form, left and beyond column 95
    b"\x1b[M \xc3n",
    b"\x1b[32;10;10M",  # and in urxvt's
    b"\x1b[2;1;1;112;112;1;0x",  # its parameters
    b"\x1b[1;1;1;1;1;1*y",
    b"\x1b[>1;2;3q",
    b"\x1b[201~",
    b"\x9b0n",  # with 8-bit controls, raw and in UTF-8
    b"\x9d11;rgb:0/0/0\x9c",
    b"\xc2\x9b0n",
    b"\xc2\x9d11;rgb:0/0/0\xc2\x9c",
    b"\x1b[0\x00n",  # with noise of the line in it
    b"\x1b[0\xffn",
    b"\x1b[ 0n",
)
"""Answers of terminals, whole. None is a key."""

NO_TEXT: Final = (b"\xe9", b"\xc3", b"\xff", b"\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf")
"""A letter in Latin-1, halves of characters, and bytes that UTF-8 never has."""

PASTES: Final = (
    b"\x1b[200~y\x1b[201~",
    b"\x1b[200~e\ny\n\x1b[0n\x1b[201~",
    b"\x1b[200~\xe9\x1b[201~",
    b"\x1b[200~\x1b[201~",
)


def noise(chance: random.Random) -> bytes:
    """Return bytes of any kind: of this file's, keys too, with bytes added, taken away and changed."""
    keys = (b"j", b"y", b"\x1b", b"\x1b[A", b"\x1bOP", b"\x1b[<0;10;10M", b"\x1bn", b"\x1b[[A", b"\r", "日".encode())
    pieces = [chance.choice(chance.choice((ANSWERS, NO_TEXT, PASTES, keys))) for _ in range(chance.randint(1, 4))]
    data = bytearray(b"".join(pieces))
    for _ in range(chance.randint(0, 3)):
        place = chance.randrange(len(data) + 1)
        data[place : place + chance.randint(0, 2)] = bytes(chance.choices(range(256), k=chance.randint(0, 2)))
    return bytes(data)
