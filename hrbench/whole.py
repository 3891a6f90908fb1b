"""Files and folders that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

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


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder beside, which becomes the new one once all of it is there, and else goes.

    Raises:
        RunError: there is something in the new one already, it is one that has to stay, it
            cannot be written, or a file elsewhere not be read.
    """
    own = path.parent
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RunError(f"{path} is there already and is not empty; name another folder")
        if not path.name or os.path.ismount(path):  # "."; or a container's
            raise RunError(f"{path} cannot be replaced by a new folder; name one in it")
        own.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=own, prefix=f".{path.name}-") as scratch:
            own = Path(scratch)
            draft = own / path.name
            draft.mkdir()
            yield draft
            if path.exists():
                path.rmdir()  # empty; else some systems do not replace it
            draft.replace(path)
    except OSError as error:
        reason, both = error.strerror or error, (error.filename, error.filename2)  # from, to
        files = [Path(file) for file in both if file is not None]
        if files and not any(file.is_relative_to(own) for file in files):
            raise RunError(f"{files[0]} cannot be read or written: {reason}") from error
        raise RunError(f"{path} cannot be written: {reason}; name another folder") from error
