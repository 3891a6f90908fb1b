"""The numbers at the start of a TIFF: where they stand, and what they say.

Source: TIFF 6.0, section 2; BigTIFF's design.
"""

import struct
from dataclasses import dataclass

BITS = 258  # of a channel
# By the first four bytes of a TIFF: byte order, where the first directory's place is and how it
# is written, how the number of its entries is, the bytes of an entry, and where its value is.
TIFFS = {
    b"II*\0": ("<", 4, "I", "H", 12, 8),
    b"MM\0*": (">", 4, "I", "H", 12, 8),
    b"II+\0": ("<", 8, "Q", "Q", 20, 12),
    b"MM\0+": (">", 8, "Q", "Q", 20, 12),
}
WHOLE = {1: "B", 3: "H", 4: "I"}  # how whole numbers are written, by TIFF's kind of value


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole number of a file's first directory, the first of a list."""

    at: int  # bytes from the file's start
    form: str  # of `struct`
    number: int

    def written(self, number: int) -> bytes:
        """Return another number in its place."""
        return struct.pack(self.form, number)


def is_tiff(content: bytes) -> bool:
    """Tell by its first bytes."""
    return content[:4] in TIFFS


def entry(content: bytes, key: int) -> Entry | None:
    """Return what a TIFF says under a key; None where it says nothing, or is none, or not whole."""
    if not is_tiff(content):
        return None
    order, at, place, count, length, value = TIFFS[content[:4]]
    try:
        (start,) = struct.unpack_from(order + place, content, at)
        (entries,) = struct.unpack_from(order + count, content, start)
        first = start + struct.calcsize(order + count)
        for here in range(first, min(first + entries * length, len(content)), length):
            tag, kind, many = struct.unpack_from(f"{order}HH{place}", content, here)
            if tag == key and kind in WHOLE:
                form, spot = order + WHOLE[kind], here + value
                if many * struct.calcsize(form) > struct.calcsize(order + place):
                    (spot,) = struct.unpack_from(order + place, content, spot)
                return Entry(spot, form, struct.unpack_from(form, content, spot)[0])
    except struct.error:
        return None
    return None


def bits(content: bytes) -> int:
    """Return the bits of a channel; 0 of another file."""
    depth = entry(content, BITS)
    return 0 if depth is None else depth.number
