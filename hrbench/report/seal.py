"""The seal of a record: a hash of what it says, so that nobody changes a figure unseen."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

NAMES = ("id", "seal")
# What may differ between two runs that are the same experiment: of files even the bytes, as other
# versions of libraries pack the same arrays otherwise.
CIRCUMSTANCES = ("started", "times", "hardware", "environment", "files", "execution")


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the one spelling of some JSON that a hash is taken of."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(content: Mapping[str, Any]) -> str:
    """Return the seal of a record's content: its SHA-256 without names and circumstances."""
    lasting = {k: v for k, v in content.items() if k not in {*NAMES, *CIRCUMSTANCES}}
    return hashlib.sha256(canonical(lasting)).hexdigest()


def is_untouched(content: Mapping[str, Any]) -> bool:
    """Whether a record says what it said when it was sealed; older ones have their seal as id."""
    return bool(content.get("seal", content.get("id")) == digest(content))
