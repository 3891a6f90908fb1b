"""The image and video files that a user names: one by one, by a folder, by a pattern."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from hrbench.data.media import IMAGES, VIDEOS, Medium, frames, is_read
from hrbench.data.sample import in_words
from hrbench.errors import DataError
from hrbench.kinds.predictor import ABOUT

UNREAD = frozenset(  # kinds of pictures that not every machine's libraries read
    {".heic", ".heif", ".avif", ".gif", ".jp2", ".jxl", ".psd", ".svg", ".ico", ".tga", ".exr"}
    | {".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".hdr", ".pdf"}
)
SAVE = "save them as JPEG or PNG"
WILD = frozenset("*?[")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Broken:
    """A file of which no picture can be read, and why."""

    path: Path
    why: str

    def __str__(self) -> str:
        """Return it in one sentence."""
        return f"{self.path} {self.why}"


@dataclass(frozen=True, slots=True)
class Named:
    """What sources name."""

    media: tuple[Medium, ...]
    broken: tuple[Broken, ...]
    left_out: Mapping[str, int]  # what folders hold besides, by why
    below: int  # of the media, those in sub-folders of folders that are named


def find(sources: Sequence[str], *, recursive: bool = True) -> Named:
    """Return the files that sources name, each once: of folders those in them, in order.

    Args:
        sources: files, folders and patterns.
        recursive: whether the sub-folders of folders count.

    Raises:
        DataError: there is no such file, nothing in a folder or behind a pattern, or a file of
            another kind.
    """
    left_out: Counter[str] = Counter()
    tops: dict[Path, Path] = {}  # the folder that a file was found in; of one that is named, it
    for source in sources:
        for top, file in _files(source, left_out, recursive=recursive):
            tops.setdefault(file, top)
    media: list[Medium] = []
    broken: list[Broken] = []
    for file in tops:
        why, is_video = _fault(file), file.suffix.lower() in VIDEOS
        broken.append(Broken(file, why)) if why else media.append(Medium(file, is_video))
    below = sum(medium.path.parent != tops[medium.path] for medium in media)
    return Named(tuple(media), tuple(broken), dict(left_out), below)


def _files(source: str, left_out: Counter[str], *, recursive: bool) -> Iterator[tuple[Path, Path]]:
    """Yield the files that a source names, each after the folder that it was looked for in."""
    path = Path(source)
    if path.is_dir():
        yield from _in_folder(path, left_out, recursive=recursive)
        return
    if not WILD & set(source) or path.exists():
        _require_readable(path, source)
        yield path.parent, path
        return
    matching = sorted(map(Path, glob(source, recursive=True)))  # noqa: PTH207  any root
    if not matching:
        raise DataError(f"{source}: no file matches this pattern")
    files = [file for file in matching if file.is_file()]
    others: Counter[str] = Counter()
    _count_others([file for file in files if not is_read(file)], others)
    kept = [file for file in files if is_read(file)]
    folders = [] if kept else [match for match in matching if match.is_dir()]
    if not kept and not folders:
        raise DataError(f"{source}: no image or video matches this pattern, but {in_words(others)}")
    left_out.update(others)
    yield from ((file.parent, file) for file in kept)
    for folder in folders:
        yield from _in_folder(folder, left_out, recursive=recursive)


def _in_folder(
    top: Path, left_out: Counter[str], *, recursive: bool
) -> Iterator[tuple[Path, Path]]:
    others: Counter[str] = Counter()
    named: list[Path] = []

    def unopened(_: OSError) -> None:
        others["folders that cannot be opened"] += 1

    for place, folders, names in os.walk(top, onerror=unopened):
        folder = Path(place)
        folders[:] = sorted(_entered(folder, folders, others, recursive=recursive))
        seen = [folder / name for name in sorted(names) if not name.startswith(".")]
        others["hidden files"] += len(names) - len(seen)
        named += [file for file in seen if is_read(file)]
        _count_others([file for file in seen if not is_read(file)], others)
    others = +others  # without zeros
    if not named:
        kinds = " or ".join(sorted(IMAGES)[:3])
        besides = f"; it has {in_words(others)}" if others else ""
        raise DataError(f"{top} is a folder without image or video files ({kinds}, …){besides}")
    left_out.update(others)
    yield from ((top, file) for file in named)


def _entered(
    folder: Path, names: Sequence[str], others: Counter[str], *, recursive: bool
) -> Iterator[str]:
    """Yield the sub-folders to look into; count the rest."""
    for name in names:
        if name.startswith("."):
            others["hidden folders"] += 1
        elif not recursive:
            others["sub-folders (--recursive reads them)"] += 1
        elif (folder / name).is_symlink():
            others["links to folders (name them to have them read)"] += 1
        elif _is_ours(folder / name):
            others["folders that hrbench predict has written"] += 1
        else:
            yield name


def _is_ours(folder: Path) -> bool:
    try:
        about = json.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and "hrbench" in about


def _count_others(files: Sequence[Path], others: Counter[str]) -> None:
    """Count files that are not read, by their kind."""
    for file in files:
        kind = file.suffix.lower()
        unread = f"{kind} pictures, which are not read: {SAVE}"
        others[unread if kind in UNREAD else "other files"] += 1


def _require_readable(path: Path, source: str) -> None:
    """Refuse what a user names that cannot be a file of pictures.

    Raises:
        DataError: it is so.
    """
    if ADDRESS.match(source):
        raise DataError(
            f"{source} is an address; fetch the file first (curl -LO ADDRESS, yt-dlp ADDRESS; of a "
            "live stream a part: ffmpeg -i ADDRESS -t 60 clip.mp4), and name it"
        )
    if (source.isdigit() and not path.exists()) or path.is_char_device():
        raise DataError(
            f"{source} looks like a camera, which is not read; record a clip first (ffmpeg -f v4l2 "
            "-i /dev/video0 -t 10 clip.mp4, or any camera program), and name it"
        )
    if not path.exists():
        raise DataError(f"{path} does not exist; name images, videos, folders or patterns of them")
    kind = path.suffix.lower()
    if not is_read(path):
        raise DataError(
            f"{path}: '{kind}' is no ending of an image or video that is known here"
            f"{f'; {SAVE}' * (kind in UNREAD)}; "
            f"known: {' '.join(sorted(IMAGES))}, {' '.join(sorted(VIDEOS))}"
        )


def _fault(file: Path) -> str:
    """Return why nothing of a file can be read, as far as one can tell without decoding it."""
    try:
        if not file.stat().st_size:
            return "has 0 bytes; fetch it again, or leave it out"
        with file.open("rb"):
            pass
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if file.suffix.lower() in VIDEOS and next(frames(file), None) is None:
        return "has no frame that can be read; is the video whole?"
    return ""
