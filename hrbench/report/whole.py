"""Files that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hrbench.errors import RunError

ELSEWHERE = "Copy the run to a folder of yours, or begin it in one with --out."


@contextmanager
def whole(path: Path, instead: str = ELSEWHERE) -> Iterator[Path]:
    """Give the place of a draft, which becomes the file once all of it is there.

    Args:
        path: the file.
        instead: what to do where it cannot be written, a sentence; of the files of a run's folder
            it need not be given; "" where nothing is to be said.

    Raises:
        RunError: it cannot be written.
    """
    draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        advice = f". {instead}" if instead else ""
        raise RunError(f"{path}: cannot be written ({error.strerror}){advice}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
