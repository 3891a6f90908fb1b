"""Where the images of annotations lie, and what of their names is the place on another machine."""

import os
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hrbench.errors import DataError

NEAR = ("", "images")  # folders of images, seen from the annotations and the folders above them
ABOVE = 3  # folders that are looked into, above that of the annotations
SAMPLE = 50  # names that a folder is judged by
SUB_FOLDERS = 200  # of a folder, that are looked into
IN = "the images are those of their names in {folder}"
Listed = tuple[Path, frozenset[str]]  # a folder, and what is in it


@dataclass(frozen=True, slots=True)
class Place:
    """The folder that image names are relative to, and their names there."""

    folder: Path
    names: tuple[str, ...]  # in the order asked for
    renamed: bool  # the file calls them otherwise
    notes: tuple[str, ...] = ()  # where they are, if in a folder that nobody named


def find(
    source: Path, names: Sequence[str], needed: AbstractSet[str], given: Path | None = None
) -> Place:
    r"""Return where the images of an annotation file lie: all in one folder, the nearest.

    Names are taken as they are, and where nothing is found so, without their leading folders:
    those of another machine, as in C:\mice\images\1.png. Folders that are there are no others'.

    Args:
        source: the file.
        names: of the images, with / between folders.
        needed: those of them that are annotated.
        given: the folder that a user names; else they are looked for beside the file and above.

    Raises:
        DataError: some that are annotated are not there, or several folders have them.
    """
    groups = [[given]] if given is not None else _folders(source.parent)
    depth = max(len(PurePosixPath(name).parts) for name in names)
    for dropped in range(depth):
        shorter = tuple(_without(name, dropped) for name in names)
        if len(set(shorter)) < len(set(names)):
            break  # the folders tell images of one name apart
        for place, group in enumerate(groups):
            if (folder := _fullest(source, group, shorter[:SAMPLE], place)) is None:
                continue
            _require(
                source, folder, [s for s, n in zip(shorter, names, strict=True) if n in needed]
            )
            guess = _is_aside(place) and not _is_called_after(source, folder)
            notes = (IN.format(folder=folder),) if guess else ()
            return Place(folder.resolve(), shorter, renamed=dropped > 0, notes=notes)
        if given is None and any(_is_there(name, source.parent) for name in shorter[:SAMPLE]):
            break
    first = next((name for name in names if name in needed), names[0])
    raise DataError(f"{source}: the image {first} {_nowhere(given)}")


def find_each(
    start: Path,
    wanted: Sequence[Sequence[str]],
    given: Path | None = None,
    *,
    beside: bool = False,
) -> tuple[list[Path | None], tuple[str, ...]]:
    """Return the file of each image, None where there is none, and what to say of their folders.

    A file that only its bare name tells, in another folder than that of the annotations, is taken
    where it is the only one, and no image is where its name says.

    Args:
        start: the folder of the annotations, in and above which images are looked for.
        wanted: names of each image, with / between folders, the likeliest first; leading folders
            may be missing.
        given: the folder that a user names, to look in alone.
        beside: whether other images were found where their annotations name them.
    """
    groups = [[given]] if given is not None else _folders(start)
    listed = [
        [(folder, frozenset(path.name for path in folder.iterdir())) for folder in group]
        for group in groups
    ]
    found = [_find_one(names, listed, start if given is None else None) for names in wanted]
    if beside or any(path is not None and not far for path, far in found):
        return [None if far else path for path, far in found], ()
    aside = {path.parent: None for path, far in found if path is not None and _is_aside(far)}
    return [path for path, _ in found], tuple(IN.format(folder=folder) for folder in aside)


def _find_one(
    names: Sequence[str], groups: Sequence[Sequence[Listed]], start: Path | None
) -> tuple[Path | None, int]:
    """Return the file that has one of some names; where its bare name alone tells it, its group."""
    for name in names:
        parts = [part for part in PurePosixPath(name).parts if part != "/"]
        for dropped in range(len(parts)):
            shorter = parts[dropped:]
            for group, folders in enumerate(groups):
                known = [f for f, has in folders if shorter[0] in has or shorter[0] in {".", ".."}]
                files = [path for f in known if (path := f.joinpath(*shorter)).is_file()]
                far = group if len(shorter) == 1 else 0
                if len(files) > 1 and _is_inside(far):
                    return None, far
                if files:
                    return files[0], far
            if start is not None and _is_there("/".join(shorter), start):
                return None, 0
    return None, 0


def _fullest(
    source: Path, folders: Sequence[Path], names: Sequence[str], group: int
) -> Path | None:
    """Return the folder that has most of some images; of several the one called after their file.

    Raises:
        DataError: several have as many, and none is nearer than the others.
    """
    counts = {folder: sum((folder / name).is_file() for name in names) for folder in folders}
    most = max(counts.values(), default=0)
    best = [folder for folder, count in counts.items() if count == most > 0]
    best = [folder for folder in best if _is_called_after(source, folder)] or best
    if len(best) > 1 and _is_inside(group):
        raise DataError(
            f"{source}: its images may be those in {best[0]} or those in {best[1]}; name their "
            "folder with --images"
        )
    return best[0] if best else None


def _is_there(name: str, start: Path) -> bool:
    """Whether the folder that a name has is there, so that its image is to be in no other."""
    parent, here = PurePosixPath(name).parent, start.resolve()
    if not {*parent.parts} - {"..", "/"}:
        return False
    above = (here, *here.parents)
    places = (folder / near / parent for folder in above[: ABOVE + 1] for near in NEAR)
    return any(place.is_dir() and place.resolve() not in above for place in places)


def _is_inside(group: int) -> bool:
    """Whether a group of `_folders` is of folders of which none is nearer than another."""
    return group % 2 == 1


def _is_aside(group: int) -> bool:
    """Whether a group of `_folders` is of folders neither below nor above the annotations."""
    return group > 1 and _is_inside(group)


def _is_called_after(source: Path, folder: Path) -> bool:
    """Whether a folder has the name that a file ends in: `train`, person_keypoints_train.json."""
    return bool(folder.name) and source.stem.lower().endswith(folder.name.lower())


def _require(source: Path, folder: Path, names: Sequence[str]) -> None:
    missing = [name for name in dict.fromkeys(names) if not (folder / name).is_file()]
    if missing:
        raise DataError(
            f"{source}: the image {missing[0]} is neither beside it nor in {folder}, where others "
            f"are ({len(missing)} of {len(set(names))} are missing); put them there, or leave "
            "them out of the file"
        )


def _nowhere(given: Path | None) -> str:
    if given is not None:
        return f"is not in {given}, nor a file of its last folders and name; name their folder"
    return (
        "is neither beside it nor in a folder above, nor in a folder of these or of their "
        "'images'; name their folder with --images"
    )


def _folders(start: Path) -> list[list[Path]]:
    """Return folders where images may lie, the nearest first: of the annotations, and inside of it.

    Then those above, each followed by those inside of it.
    """
    here = start.resolve()
    groups: list[list[Path]] = []
    seen = set[Path]()
    for level in (here, *here.parents[:ABOVE]):
        folders = [folder for near in NEAR if _is_readable(folder := level / near)]
        seen |= {here, *folders}
        inside = [
            sub for f in folders for sub in sorted(filter(_is_readable, f.iterdir()))[:SUB_FOLDERS]
        ]
        groups += [folders, [sub for sub in inside if sub not in seen]]
        seen |= {*inside}
    return groups


def _is_readable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)


def _without(name: str, dropped: int) -> str:
    """Return a name without its first folders; its last part stays."""
    parts = PurePosixPath(name).parts
    return str(PurePosixPath(*parts[min(dropped, len(parts) - 1) :]))
