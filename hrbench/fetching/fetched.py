"""What was fetched, and the hash that an address gave at its first use."""

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hrbench import cache
from hrbench.errors import FetchError
from hrbench.whole import whole

MB = 1_000_000  # bytes
SHA256 = re.compile(r"[0-9a-f]{64}")
ELSEWHERE = "Name another folder for what is kept with $HRBENCH_CACHE."


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is here now, and where it is from."""

    path: Path
    address: str
    sha256: str


def offline() -> bool:
    """Whether $HRBENCH_OFFLINE forbids to fetch anything."""
    return os.environ.get("HRBENCH_OFFLINE", "") not in {"", "0"}


def require_room(folder: Path, needed: int, title: str, advice: str) -> None:
    """Refuse to fetch what a folder's disk has no room for.

    Args:
        folder: that is written into; it may not be there yet.
        needed: bytes.
        title: what is fetched.
        advice: a sentence on what to do.

    Raises:
        FetchError: there is too little.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        words = f"{title} needs {needed / MB:,.0f} MB more in {folder}"
        raise FetchError(f"{words}, which has {free / MB:,.0f} MB free. {advice}".rstrip())


def recorded(address: str) -> str:
    """Return the SHA-256 that an address gave at its first use; "" before that.

    Raises:
        FetchError: it was kept, and cannot be read.
    """
    place = record_of(address)
    try:
        kept = str(json.loads(place.read_text("utf-8"))["sha256"])
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(place) from error
    if not SHA256.fullmatch(kept):
        raise _unreadable(place)
    return kept


def _unreadable(place: Path) -> FetchError:
    return FetchError(
        f"{place}, which keeps the hash that an address gave at its first use, cannot be read: "
        "remove it, and the next use counts as the first"
    )


def require_as_before(address: str, sha256: str, path: Path) -> None:
    """Compare a file's hash with that of its address's first use, or keep it as that.

    Raises:
        FetchError: the two differ, or nothing can be kept.
    """
    before = recorded(address)
    if before and before != sha256:
        raise FetchError(
            f"{path}: its SHA-256 begins with {sha256[:8]}, and what {address} gave at its first "
            f"use with {before[:8]}: either was changed. To take it all the same, remove "
            f"{record_of(address)}"
        )
    if before:
        return
    place = record_of(address)
    content = {"address": address, "sha256": sha256, "first": datetime.now(UTC).isoformat()}
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchError(
            f"{place.parent} cannot be made ({error.strerror}). {ELSEWHERE}"
        ) from error
    with whole(place, ELSEWHERE) as draft:
        draft.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def called(address: str) -> str:
    """Return a name for what is kept of an address."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def record_of(address: str) -> Path:
    """Return the file that has the hash of an address's first use."""
    return cache.folder() / "fetched" / f"{called(address)}.json"
