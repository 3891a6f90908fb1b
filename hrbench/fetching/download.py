"""A file from a plain address: fetched once, checked at each use."""

import logging
import re
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from hrbench.errors import FetchError
from hrbench.fetching.fetched import (
    ELSEWHERE,
    Fetched,
    offline,
    record_of,
    recorded,
    require_as_before,
)

WHOLE = {"md5": 32, "sha1": 40, "sha256": 64}  # hex digits
HASH = re.compile(r"(?:(md5|sha1|sha256):)?([0-9a-f]+)")


def download(
    address: str,
    path: Path,
    *,
    known: str = "",
    title: str = "",
    advice: str = "",
    only_here: bool = False,
) -> Fetched:
    """Return the file of an address at `path`, fetched if it is not there yet.

    Goes on where an earlier try was cut off. Several processes may ask at once: one fetches.

    Args:
        address: https://…
        path: the file to be; its folder is made.
        known: the hash that the publisher gives: "sha256:…" (or its beginning), "md5:…", "sha1:…";
            without one what the address gave at its first use must come again.
        title: what the user is told is fetched; the file's name by default.
        advice: a sentence on what to do where the folder has too little room.
        only_here: whether to look no further than for the file at `path`.

    Raises:
        FetchError: there is no network or room, $HRBENCH_OFFLINE forbids it, the server does not
            give the file, or it has another hash.
    """
    import pooch  # noqa: PLC0415  takes its time

    there = path.exists()
    if not there:
        _require_allowed(address, path, only_here=only_here)
        try:
            _fetch_once(address, path, known, title or path.name, advice)
        except OSError as error:
            reason = error.strerror or error
            raise FetchError(f"{path} cannot be written ({reason}). {advice}".rstrip()) from error
    algorithm, digits = parsed(known)
    sha256 = pooch.file_hash(path)
    if there and digits:
        found = sha256 if algorithm == "sha256" else pooch.file_hash(path, algorithm)
        if not found.startswith(digits):
            raise FetchError(
                f"{path}: its {algorithm.upper()} does not begin with {digits[:16]}, as that of "
                f"{address} does; remove it, and it is fetched again"
            )
    if not digits:
        require_as_before(address, sha256, path)
    return Fetched(path, address, sha256)


def _require_allowed(address: str, path: Path, *, only_here: bool) -> None:
    if only_here:
        raise FetchError(f"{path} is not there")
    if offline():
        raise FetchError(
            f"{path} is not there, and HRBENCH_OFFLINE forbids to fetch it: unset that, or copy "
            f"{address} there"
        )


def _fetch_once(address: str, path: Path, known: str, title: str, advice: str) -> None:
    """Fetch a file, unless another process is faster."""
    with _alone(address):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _fetch(address, path, known, title, advice)


def _alone(address: str) -> AbstractContextManager[object]:
    """Wait until no other process fetches an address, and let none until this is closed."""
    from filelock import FileLock  # noqa: PLC0415

    lock = record_of(address).with_suffix(".lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(lock).acquire()
    except NotImplementedError:  # a file system that knows no locks
        return nullcontext()
    except OSError as error:
        words = f"{lock.parent} cannot be written to ({error.strerror})"
        raise FetchError(f"{words}. {ELSEWHERE}") from error


def _fetch(address: str, path: Path, known: str, title: str, advice: str) -> None:
    import pooch  # noqa: PLC0415

    from hrbench.fetching.transfer import Resuming  # noqa: PLC0415

    pooch.get_logger().setLevel(logging.WARNING)  # the progress says the rest
    part = path.with_name(f".{path.name}.part")
    algorithm, digits = parsed(known or recorded(address))
    # Of the beginning of a hash pooch knows nothing.
    whole = f"{algorithm}:{digits}" if len(digits) == WHOLE[algorithm] else None
    wrong = FetchError(
        f"what {address} gives is not what it should be: its {algorithm.upper()} does not begin "
        f"with {digits[:16]}; it was changed since, or damaged on the way. It is not kept"
        + ("" if known else f"; to take it all the same, remove {record_of(address)}")
    )
    try:
        downloader = Resuming(part, title, advice)
        pooch.retrieve(address, whole, path.name, path.parent, downloader=downloader)
    except ValueError as error:
        raise wrong from error
    if digits and whole is None and not pooch.file_hash(path, algorithm).startswith(digits):
        path.unlink()
        raise wrong


def parsed(known: str) -> tuple[str, str]:
    """Return the algorithm and the digits of "md5:…" or of the digits of a SHA-256 alone."""
    if not known:
        return "sha256", ""
    if (found := HASH.fullmatch(known.lower())) is None:
        raise ValueError(f"'{known}' is no hash")
    return found[1] or "sha256", found[2]
