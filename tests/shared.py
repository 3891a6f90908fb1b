"""Where the folder of goldens and real slices lies, for the tests that need it."""

import os
from pathlib import Path

import pytest

NAMED = os.environ.get("HRBENCH_SHARED")


def _find() -> Path | None:
    folder = Path(NAMED) if NAMED else Path(__file__).resolve().parents[2] / "shared"
    return folder if (folder / "golden").is_dir() else None


SHARED = _find()


def need_shared() -> Path:
    """Return the shared folder; skip without it, but fail where it was promised."""
    if SHARED is not None:
        return SHARED
    if NAMED:
        pytest.fail(f"HRBENCH_SHARED names {NAMED}, which has no folder 'golden'")
    if os.environ.get("CI") == "true":
        pytest.fail("CI=true promises the goldens: HRBENCH_SHARED, or ../shared beside it")
    pytest.skip("needs the goldens: HRBENCH_SHARED, or ../shared beside the checkout")
