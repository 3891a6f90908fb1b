"""Where the images of annotations lie, and what of their names is the place on another machine."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hrbench.errors import DataError

NEAR = ("", "images")  # folders of images, seen from the annotations and the folders above them
ABOVE = 3  # folders that are looked into, above that of the annotations
SAMPLE = 50  # names that a folder is judged by
SUB_FOLDERS = 200  # of a folder, that are looked into


Finder = Callable[[Sequence[str]], Path | None]


@dataclass(frozen=True, slots=True)
class Place:
    """The folder that image names are relative to, and their names there."""

    folder: Path
    names: tuple[str, ...]  # in the order asked for
    renamed: bool  # the file calls them otherwise


def find(
    source: Path, names: Sequence[str], needed: AbstractSet[str], given: Path | None = None
) -> Place:
    r"""Return where the images of an annotation file lie.

    Names are taken as they are, and where nothing is found so, without their leading folders:
    those of another machine, as in C:\mice\images\1.png.

    Args:
        source: the file.
        names: of the images, with / between folders.
        needed: those of them that are annotated.
        given: the folder that a user names; else they are looked for beside the file and above.

    Raises:
        DataError: some that are annotated are not there.
    """
    folders = [given] if given is not None else list(_folders(source.parent))
    folders.sort(key=lambda folder: not _is_called_after(source, folder))
    depth = max(len(PurePosixPath(name).parts) for name in names)
    for dropped in range(depth):
        shorter = tuple(_without(name, dropped) for name in names)
        if len(set(shorter)) < len(set(names)):
            break  # the folders tell images of one name apart
        counts = [sum((f / n).is_file() for n in shorter[:SAMPLE]) for f in folders]
        if any(counts):
            folder = folders[counts.index(max(counts))]
            _require(
                source, folder, [s for s, n in zip(shorter, names, strict=True) if n in needed]
            )
            return Place(folder.resolve(), shorter, renamed=dropped > 0)
    first = next((name for name in names if name in needed), names[0])
    raise DataError(f"{source}: the image {first} {_nowhere(given)}")


def finder(start: Path, given: Path | None = None) -> Finder:
    """Return what finds the file that has one of some names of an image; None where none has.

    Names have / between folders, the likeliest comes first; leading folders may be missing.

    Args:
        start: the folder of the annotations, in and above which images are looked for.
        given: the folder that a user names, to look in alone.
    """
    folders = [given] if given is not None else list(_folders(start))
    inside = [(folder, frozenset(path.name for path in folder.iterdir())) for folder in folders]

    def find_one(names: Sequence[str]) -> Path | None:
        for name in names:
            parts = [part for part in PurePosixPath(name).parts if part != "/"]
            for dropped in range(len(parts)):
                shorter = parts[dropped:]
                for folder, there in inside:
                    known = shorter[0] in there or shorter[0] in {".", ".."}
                    if known and (path := folder.joinpath(*shorter)).is_file():
                        return path
        return None

    return find_one


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


def _folders(start: Path) -> Iterator[Path]:
    """Yield folders where images may lie, the nearest first."""
    here = start.resolve()
    places = [
        folder / near
        for folder in (here, *here.parents[:ABOVE])
        for near in NEAR
        if (folder / near).is_dir()
    ]
    yield from places
    for place in places:
        yield from sorted(filter(Path.is_dir, place.iterdir()))[:SUB_FOLDERS]


def _without(name: str, dropped: int) -> str:
    """Return a name without its first folders; its last part stays."""
    parts = PurePosixPath(name).parts
    return str(PurePosixPath(*parts[min(dropped, len(parts) - 1) :]))
