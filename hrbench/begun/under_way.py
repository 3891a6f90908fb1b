"""A run's folder, or any other, while a process fills it: no other one may."""

from contextlib import ExitStack, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from hrbench.errors import RunError

LOCK = "run.lock"  # is held for as long as its process lives, however that ends


def take(folder: Path) -> ExitStack:
    """Return what holds a folder, from now on until it is closed.

    Raises:
        RunError: another process has it.
    """
    held = ExitStack()
    try:
        held.enter_context(FileLock(folder / LOCK).acquire(timeout=0))
    except Timeout as error:
        raise RunError(f"{folder} is under way in another process, which goes on") from error
    except (OSError, NotImplementedError):  # a file system that knows no locks
        return held
    held.callback(_forget, folder / LOCK)
    return held


def _forget(lock: Path) -> None:
    with suppress(OSError):  # Windows removes no file that is open
        lock.unlink(missing_ok=True)


def is_under_way(folder: Path) -> bool:
    """Whether a process computes the run of a folder, as far as its file system tells."""
    if not (folder / LOCK).exists():
        return False
    with suppress(OSError, NotImplementedError):
        try:
            with FileLock(folder / LOCK).acquire(timeout=0):
                return False
        except Timeout:
            return True
    return False
