"""Faults that a user may let pass by their names."""

from pathlib import Path

import pytest

from hrbench.data.faults import fault_of, stated, stop_at_fatal
from hrbench.errors import DataError

CORNERS = fault_of("boxes that look like corners", ["id 1", "id 2"], name="corners")
FILE = Path("own/annotations.json")


def test_a_named_fault_stops_and_says_how_to_go_on() -> None:
    with pytest.raises(DataError) as stop:
        stop_at_fatal(FILE, CORNERS)
    assert str(stop.value) == (
        "own/annotations.json: boxes that look like corners: 2 (id 1, id 2); `--allow corners` "
        "goes on all the same, and `hrbench check` lists all faults of a dataset"
    )


def test_a_named_fault_that_is_allowed_passes_and_is_said() -> None:
    met = stop_at_fatal(FILE, CORNERS, ("corners",))
    assert met == (
        "annotations.json: boxes that look like corners: 2 (id 1, id 2) (--allow corners)",
    )


def test_a_fault_without_a_name_is_not_allowed_by_anything() -> None:
    unreadable = stated("not a list")
    with pytest.raises(DataError, match=r"not a list; `hrbench check`"):
        stop_at_fatal(FILE, [unreadable], ("", "corners"))


def test_a_fault_that_was_never_fatal_is_not_said_to_be_allowed() -> None:
    odd = fault_of("odd", ["id 1"], fatal=False, name="odd")
    assert stop_at_fatal(FILE, odd, ("odd",)) == ()
