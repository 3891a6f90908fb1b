"""Which goldens lie in the folder that the tests run over: each golden test is one of a kind."""

import pytest
from golden.ledger import Ledger
from shared import SHARED

MISSING = "where the goldens are missing"  # the fixture `golden` says so


def files(pattern: str) -> list[str]:
    """Return the goldens whose names below the folder fit a pattern of `Path.glob`."""
    return [MISSING] if SHARED is None else Ledger(SHARED / "golden", []).files(pattern)


def arrays_of(file: str) -> str:
    """Return the file of the arrays that a description (.json or .json.gz) lies beside."""
    return file.removesuffix(".gz").removesuffix(".json") + ".npz"


def each(pattern: str, but: str = "") -> pytest.MarkDecorator:
    """Run a test for each golden of a kind, as its `file`."""
    return pytest.mark.parametrize("file", [file for file in files(pattern) if file != but])
