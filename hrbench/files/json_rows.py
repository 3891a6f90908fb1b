"""What is wrong with the rows of a JSON file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from hrbench.data.faults import Fault, fault_of

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the value of a field may be."""

    words: str
    fits: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    number = type(value) is int or (type(value) is float and value.is_integer())
    return number and abs(value) < 2**63  # NumPy's


ANYTHING = Kind("", lambda _: True)
WHOLE = Kind("a whole number", _is_whole)
POSITIVE = Kind("a whole number above 0", lambda value: _is_whole(value) and value > 0)
NUMBER = Kind("a number", lambda value: type(value) is float or _is_whole(value))
FLAG = Kind("0 or 1", lambda value: type(value) in {int, float, bool} and value in {0, 1})
LIST = Kind("a list", lambda value: isinstance(value, list))
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
TEXT = Kind("text", lambda value: isinstance(value, str) and value != "")


def lists(content: Any, keys: Sequence[str]) -> list[Fault]:
    """Return what keeps a file from being an object with lists of objects under `keys`."""
    if not isinstance(content, dict):
        return fault_of(f"not an object with {' and '.join(keys)}", ["the file"])
    if faults := fault_of(
        "lists that are missing", [k for k in keys if type(content.get(k)) is not list]
    ):
        return faults
    return list(chain.from_iterable(objects(content[key], key) for key in keys))


def objects(rows: Sequence[Any], name: str) -> list[Fault]:
    """Return which rows of the list `name` are no objects."""
    odd = [f"{name}[{place}]" for place, row in enumerate(rows) if type(row) is not dict]
    return fault_of("rows that are no objects", odd)


def fields(rows: Rows, kinds: Mapping[str, Kind], name: str) -> list[Fault]:
    """Return which fields are missing in rows called `name`, or are of another kind."""
    faults = []
    for key, kind in kinds.items():
        values = [row[key] for row in rows if key in row]
        if len(values) < len(rows):
            faults += fault_of(f"{name} without '{key}'", ids([r for r in rows if key not in r]))
        if not all(map(kind.fits, values)):
            odd = [row for row in rows if key in row and not kind.fits(row[key])]
            faults += fault_of(f"{name} whose '{key}' is not {kind.words}", ids(odd))
    return faults


def lengths(rows: Rows, key: str, length: int, name: str) -> list[Fault]:
    """Return the rows in which `key` is not a list of so many numbers, NaN among them or not."""
    values = [row[key] for row in rows]
    right = set(map(type, values)) <= {list} and set(map(len, values)) <= {length}
    if right and set(map(type, chain.from_iterable(values))) <= {int, float}:
        return []  # seen at once: COCO has 13 million of them
    odd = [row for row, value in zip(rows, values, strict=True) if not _numbers(value, length)]
    return fault_of(f"{name} that are not {length} numbers", ids(odd))


def _numbers(value: Any, length: int) -> bool:
    return (
        isinstance(value, list) and len(value) == length and set(map(type, value)) <= {int, float}
    )


def twice(values: Sequence[Any], name: str, *, fatal: bool = True) -> list[Fault]:
    """Return the values, called `name`, that were there before."""
    if len(set(values)) == len(values):
        return []
    seen: set[Any] = set()
    again = [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]  # add() is None
    return fault_of(f"{name} that stand twice", [str(value) for value in again], fatal=fatal)


def ids(rows: Rows) -> list[str]:
    """Return the rows by their ids."""
    return [f"id {row.get('id', '?')}" for row in rows]
