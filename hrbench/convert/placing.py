"""Picture files of annotations for other programs: what they are called there, and put there."""

import io
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from PIL import Image

from hrbench.convert.labels import Picture
from hrbench.data import stored

UNSAFE = re.compile(r'[\s<>:"|?*]+')  # in names of files, to some programs or systems


def names(pictures: Sequence[Picture]) -> Iterator[str]:
    """Yield a name of its own for each picture, all for one folder; none differ by ending alone.

    Folders that not all lie in become part of the name.
    """
    paths = [Path(os.path.abspath(picture.path)) for picture in pictures]  # noqa: PTH100  links stay
    top = os.path.commonpath([path.parent for path in paths]) if paths else ""
    inside = ("_".join(path.relative_to(top).with_suffix("").parts) for path in paths)
    stems = apart(UNSAFE.sub("_", stem) for stem in inside)
    for picture, path, stem in zip(pictures, paths, stems, strict=True):
        yield stem + (".png" if picture.pixels else path.suffix)


def apart(stems: Iterable[str]) -> Iterator[str]:
    """Yield stems of files, with a number where one was there before, in large or small letters."""
    taken = set[str]()
    for stem in stems:
        number, own = 1, stem
        while own.casefold() in taken:
            number += 1
            own = f"{stem}_{number}"
        taken.add(own.casefold())
        yield own


def put(picture: Picture, target: Path) -> None:
    """Put a picture at a place: linked to where the disk can, else copied; pixels as PNG.

    Raises:
        OSError: it cannot be written.
    """
    if picture.pixels is not None:
        written = io.BytesIO()
        Image.fromarray(picture.pixels()).save(written, "PNG")
        target.write_bytes(written.getvalue())
        return
    try:
        os.link(picture.path.resolve(), target)
    except OSError:  # another disk, one without links, or a file inside of a shard
        if picture.path.is_file():
            shutil.copyfile(picture.path, target)
        else:
            target.write_bytes(stored.read(picture.path))
