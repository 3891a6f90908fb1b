"""JSON files as datasets have them: up to hundreds of megabytes, and not always whole."""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hrbench.errors import DataError


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector from COCO's 30 million objects: it takes longer than the rest."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_json(path: Path) -> Any:
    """Return the content of a JSON file, or say in one sentence why there is none."""
    try:
        return parse(path.read_bytes(), path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error


@no_collection()
def parse(content: bytes, path: Path) -> Any:
    """Return what the bytes of a JSON file say; `path` is for the words of the error."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        ends = ", where the file ends" if error.pos >= len(error.doc.rstrip()) else ""
        place = f"line {error.lineno}, column {error.colno}{ends}"
        raise DataError(_no_json(path, f"{error.msg} at {place}")) from error
    except UnicodeDecodeError as error:
        raise DataError(_no_json(path, f"{error.reason} at byte {error.start}")) from error


def _no_json(path: Path, why: str) -> str:
    damaged = path.suffix == ".json"
    onward = "fetch the file again" if damaged else "name a file of JSON"
    return f"{path} is not JSON: {why}; {onward}"
