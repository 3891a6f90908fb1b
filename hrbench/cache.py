"""The folder of what is kept for later: synthetic sets, prepared images, what was fetched."""

import os
from pathlib import Path

import platformdirs


def folder() -> Path:
    """Return the user's cache, or the folder that $HRBENCH_CACHE names instead."""
    named = os.environ.get("HRBENCH_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("hrbench", appauthor=False)
