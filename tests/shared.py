"""Where the folder of goldens and real slices lies, for the tests that need it."""

import os
from pathlib import Path

import pytest


def _find() -> Path | None:
    named = os.environ.get("HRBENCH_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared"
    return folder if (folder / "golden").is_dir() else None


SHARED = _find()


def need_shared() -> Path:
    """Return the shared folder; skip without it, but fail where CI is set."""
    if SHARED is None:
        reason = "needs the goldens: HRBENCH_SHARED, or ../shared beside the checkout"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED
