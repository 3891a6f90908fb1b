"""JPEG files that end too early, or seem to.

Source: ITU-T T.81, annex B.
"""

import re
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

START_OF_IMAGE, START_OF_SCAN, END_OF_IMAGE = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"
FILL = b"\xff\xff"  # a marker may be preceded by any number of 0xFF
RESTARTS = [bytes((0xFF, 0xD0 + number)) for number in range(8)]
# What a scan that still waits for pixels may go on with, wherever it was interrupted.
NOISES = [bytes([value] * 64) for value in (0x55, 0xAA, 0xFE)]
MORE = [noise + b"".join(mark + noise for mark in RESTARTS * 2) for noise in NOISES]
DAMAGE = ("premature end of data", "bad Huffman code")  # in libjpeg's words
PROGRESSIVE, SCAN = 0xC2, 0xDA  # frames and scans, by the second byte of their markers
FRAME = 6  # bytes of a frame before its components
COEFFICIENTS = 64  # of a block
SEGMENT = re.compile(rb"\xff[\x01-\xcf\xda-\xfe]")  # what follows pixels: neither 0 nor a restart
Decode = Callable[[bytes], NDArray[np.uint8] | None]


def is_jpeg(content: bytes) -> bool:
    """Tell by its first bytes."""
    return content.startswith(START_OF_IMAGE)


def is_damage(complaint: str) -> bool:
    """Whether libjpeg complains of pixels, and not of what stands between them."""
    return any(words in complaint for words in DAMAGE)


def is_cut_short(content: bytes) -> bool:
    """Tell whether this is a JPEG file that has no end.

    OpenCV before 4.14 fills what is missing with grey. Other formats it refuses itself.
    """
    if not is_jpeg(content):
        return False
    at = len(START_OF_IMAGE)
    # Past the segments before the scan, since a thumbnail among them has an end of its own.
    while content[at : at + 1] == b"\xff" and content[at : at + 2] != START_OF_SCAN:
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        at += 1 if content[at : at + 2] == FILL else 2 + length
    return content.rfind(END_OF_IMAGE, at) < 0


def has_all_scans(content: bytes) -> bool:
    """Whether every coefficient of a progressive file has come to its last bit; else True."""
    components, refined = set[int](), set[tuple[int, int]]()
    for marker, body in _segments(content):
        if marker == PROGRESSIVE and len(body) > FRAME:
            components = set(body[FRAME : FRAME + 3 * body[FRAME - 1] : 3])
        elif marker == SCAN and len(body) == 2 * body[0] + 4:
            first, last, bits = body[-3:]
            if not bits & 0x0F:  # the bit that this scan leaves the coefficients at
                refined |= {(c, k) for c in body[1:-3:2] for k in range(first, last + 1)}
    return all((c, k) in refined for c in components for k in range(COEFFICIENTS))


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the marker and the parameters of each segment that has any and is whole."""
    at = len(START_OF_IMAGE)
    while mark := SEGMENT.search(content, at):
        length = int.from_bytes(content[mark.end() : mark.end() + 2], "big")
        body = content[mark.end() + 2 : mark.end() + length]
        if length < 3 or len(body) < length - 2:
            return
        yield mark[0][-1], body
        at = mark.end() + length


def with_end(content: bytes, more: bytes = b"") -> bytes:
    """Return a file that was cut short with the marker that decoders look for, and `more` before.

    A half of a marker goes, and the zeros of a file whose place was taken before it came.
    """
    return content.rstrip(b"\xff\0") + more + END_OF_IMAGE


def without_end(content: bytes, decode: Decode) -> NDArray[np.uint8] | None:
    """Return the pixels of a file that lacks its end marker alone; None where it lacks pixels.

    Where pixels are missing, they are what the decoder makes of more data behind; where none
    are, nothing comes of it. OpenCV's `imread` reads such files too, by the marker that libjpeg
    puts behind a file's last byte.
    """
    plain = decode(with_end(content))
    if plain is None or not has_all_scans(content):
        return None
    for more in MORE:
        longer = decode(with_end(content, more))
        if longer is None or not np.array_equal(plain, longer):
            return None
    return plain
