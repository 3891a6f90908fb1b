"""MATLAB's files since version 5, up to 7.3: their tables of numbers, texts, cells and structs.

Our own reader, since SciPy's, which is compiled, ends the process on some damaged files. This
one takes its numbers with NumPy from bytes that were counted before. Objects, sparse tables and
functions are left out.

Source: MathWorks, MAT-File Format (R2024b), "Level 5 MAT-File Format".
"""

import math
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import DataError

HEADER = 128  # bytes of text, version and byte order
COMPRESSED, MATRIX = 15, 14  # types of data elements
INTEGERS = ("i1", "u1", "i2", "u2", "i4", "u4")
# The types of those that hold numbers, and of those that hold texts.
NUMBERS = dict(enumerate(INTEGERS, 1)) | {7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
CELL, STRUCT, CHAR = 1, 2, 4  # classes of arrays
# And those of numbers, which may be stored as another type.
OF_NUMBERS = {6: "f8", 7: "f4"} | dict(enumerate((*INTEGERS, "i8", "u8"), 8))
SMALLEST = 8  # bytes of an element: its type and length
LARGEST = 1 << 30  # bytes that one variable is unpacked to
DEEPEST = 16  # cells in cells


class _DamageError(Exception):
    """The bytes are not as the format has them."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A cell array, in MATLAB's order: down the first column, then the next."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Structs:
    """An array of structs, field by field, in MATLAB's order."""

    fields: dict[str, tuple[Any, ...]]


def read(path: Path, names: Collection[str]) -> dict[str, Any]:
    """Return those of some variables that a file has.

    Tables of numbers are arrays, texts are `str` (several rows are joined by line ends); then
    there are `Cells` and `Structs`. Everything else is None.

    Raises:
        DataError: it cannot be read, or is no such file, or not whole.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    if content.startswith(b"MATLAB 7.3"):
        raise DataError(
            f"{path} is a MATLAB 7.3 file, which is not read: fetch the official one, or save "
            "it with -v7"
        )
    try:
        return {name: value() for name, value in _variables(content) if name in names}
    except (_DamageError, zlib.error, ValueError) as error:  # ValueError: of a text's bytes
        raise DataError(
            f"{path} is no MATLAB file, or it is cut short or damaged; fetch it again"
        ) from error


@dataclass(frozen=True, slots=True)
class _Bytes:
    """What is left to read, with the byte order and how deep it lies."""

    left: memoryview
    order: str
    depth: int = 0

    def element(self) -> tuple[int, "_Bytes", "_Bytes"]:
        """Return the type and the bytes of the next element, and what comes after it."""
        word, size = self.numbers(self.left[:SMALLEST], "u4", 2).tolist()
        if word >> 16:  # a small one: its length beside its type, then four bytes
            kind, size, start, end = word & 0xFFFF, word >> 16, 4, SMALLEST
            size = size if size <= 4 else LARGEST
        else:
            kind, start = word, SMALLEST
            end = start + (size if kind == COMPRESSED else -(-size // 8) * 8)
        if start + size > len(self.left):
            raise _DamageError
        data = replace(self, left=self.left[start : start + size])
        return kind, data, replace(self, left=self.left[end:])

    def numbers(self, data: memoryview, kind: str, count: int) -> NDArray[Any]:
        """Return numbers, as many as there have to be."""
        dtype = np.dtype(self.order + kind)
        if len(data) != count * dtype.itemsize:
            raise _DamageError
        return np.frombuffer(data, dtype)


def _variables(content: bytes) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the names of the variables, each with what reads it."""
    order = {b"IM": "<", b"MI": ">"}.get(content[HEADER - 2 : HEADER])
    if order is None or len(content) == HEADER:
        raise _DamageError
    rest = _Bytes(memoryview(content)[HEADER:], order)
    while rest.left:
        kind, data, rest = rest.element()
        if kind == COMPRESSED:
            kind, data, _ = replace(data, left=memoryview(_unpacked(data.left))).element()
        if kind != MATRIX:
            raise _DamageError
        head, body = _head(data)
        yield head.name, lambda head=head, body=body: _value(head, body)  # type: ignore[misc]  # mypy cannot infer it


def _unpacked(data: memoryview) -> bytes:
    stream = zlib.decompressobj()
    content = stream.decompress(data, LARGEST)
    if not stream.eof:
        raise _DamageError  # cut short, or larger than anything that is looked for
    return content


@dataclass(frozen=True, slots=True)
class _Head:
    """What an array says of itself before its content."""

    name: str
    of_class: int
    shape: tuple[int, ...]
    is_complex: bool

    @property
    def count(self) -> int:
        return math.prod(self.shape)


def _head(data: _Bytes) -> tuple[_Head, _Bytes]:
    """Return an array's head, and what comes after it."""
    _, flags, rest = data.element()
    word = int(data.numbers(flags.left, "u4", 2)[0])
    of_class = word & 0xFF
    if of_class > CHAR and of_class not in OF_NUMBERS:  # an object's head, or a function's, differs
        return _Head("", of_class, (), is_complex=False), rest
    _, sizes, rest = rest.element()
    shape = tuple(data.numbers(sizes.left, "i4", len(sizes.left) // 4).tolist())
    _, name, rest = rest.element()
    if min(shape, default=-1) < 0:
        raise _DamageError
    return _Head(str(name.left, "latin-1"), of_class, shape, bool(word & 0x800)), rest


def _value(head: _Head, body: _Bytes) -> Any:
    if head.of_class in OF_NUMBERS:
        return None if head.is_complex else _table(head, body)
    readers = {CELL: _cells, STRUCT: _structs, CHAR: _text}
    return readers[head.of_class](head, body) if head.of_class in readers else None


def _table(head: _Head, body: _Bytes) -> NDArray[Any]:
    kind, data, _ = body.element()
    if kind not in NUMBERS:
        raise _DamageError
    stored = data.numbers(data.left, NUMBERS[kind], head.count)
    return stored.astype(OF_NUMBERS[head.of_class]).reshape(head.shape, order="F")


def _text(head: _Head, body: _Bytes) -> str:
    if not head.count:
        return ""
    kind, data, _ = body.element()
    if kind not in TEXTS:
        raise _DamageError
    wide = {"<": "-le", ">": "-be"}[data.order] if TEXTS[kind].startswith("utf-") else ""
    text = str(data.left, TEXTS[kind] + wide * (kind != 16))
    if len(text) != head.count:
        raise _DamageError
    return "\n".join(text[row :: head.shape[0]] for row in range(head.shape[0]))


def _cells(head: _Head, body: _Bytes) -> Cells:
    return Cells(tuple(_arrays(head.count, body)))


def _structs(head: _Head, body: _Bytes) -> Structs:
    _, width, rest = body.element()
    _, names, rest = rest.element()
    (length,) = body.numbers(width.left, "i4", 1).tolist()
    if length < 1 or len(names.left) % length:
        raise _DamageError
    text = str(names.left, "latin-1")
    fields = [text[at : at + length].partition("\0")[0] for at in range(0, len(text), length)]
    values = list(_arrays(head.count * len(fields), rest))
    return Structs({name: tuple(values[at :: len(fields)]) for at, name in enumerate(fields)})


def _arrays(count: int, body: _Bytes) -> Iterator[Any]:
    """Yield so many arrays that stand one after the other."""
    if count * SMALLEST > len(body.left) or body.depth == DEEPEST:
        raise _DamageError
    rest = replace(body, depth=body.depth + 1)
    for _ in range(count):
        kind, data, rest = rest.element()
        if kind != MATRIX:
            raise _DamageError
        yield _value(*_head(data)) if data.left else np.zeros((0, 0))
