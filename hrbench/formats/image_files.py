"""What a look at a split's image files finds: at their names, their headers or their pixels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data import framing, image_checks, remarks
from hrbench.data.faults import Fault, fault_of
from hrbench.data.headers import Header
from hrbench.engine.progress import Steps
from hrbench.formats.coco import reader
from hrbench.formats.findings import Facts, Part
from hrbench.formats.listing import Listing
from hrbench.lints import within
from hrbench.threads import cores

PER_PROCESS = 100  # image files that are worth a process
MANY = 1000  # headers that take more than a moment


@dataclass(frozen=True, slots=True)
class Images:
    """What there is of a split's images, what is wrong, and what a person should look at."""

    part: Part
    faults: list[Fault]
    notes: list[Fault]


def examined(root: Path, folder: str, listed: Listing, *, title: str, published: bool) -> Images:
    """Return what is there of the images that a file lists.

    Args:
        root: the folder of the dataset.
        folder: that of the images in it.
        listed: what the file lists.
        title: of the decoding; where it is empty nothing is decoded.
        published: many have looked before: headers are read only where all is decoded.
    """
    sizes = image_checks.sizes_of_files(root / folder, listed.names)
    names = [name for name, size in zip(listed.names, sizes, strict=True) if size >= 0]
    missing = [name for name, size in zip(listed.names, sizes, strict=True) if size < 0]
    empty = [name for name, size in zip(listed.names, sizes, strict=True) if size == 0]
    faults, notes = _by_use(
        listed, {"image files that are missing": missing, "image files of 0 bytes": empty}
    )
    if listed.people is not None:
        paths, people = [root / folder / name for name in listed.names], listed.people
        faults += within.faults(paths, people.image, people.keypoints, people.visible)
    words = f"{len(names):,} of the {len(listed.names):,} images listed"
    if title or not published:
        rows = np.flatnonzero(sizes > 0)
        wrong, odd = _opened(root / folder, listed, rows, title=title, published=published)
        faults, notes = [*faults, *wrong], [*notes, *odd]
        words += f", all {'files decoded' if title else 'headers read'}"
    facts: Facts = {
        "listed": len(listed.names),
        "there": len(names),
        "decoded": bool(title),
    }
    total = int(sizes[sizes > 0].sum())
    return Images(Part("images", folder, total, None, facts, words), faults, notes)


def _by_use(listed: Listing, odd: Mapping[str, Sequence[str]]) -> tuple[list[Fault], list[Fault]]:
    """Return faults of images by their kind, and notes where a run does not open the images."""
    if not any(odd.values()):
        return [], []  # and nobody needs to know of 118,000 images which are used
    used = _used(listed)
    faults: list[Fault] = []
    notes: list[Fault] = []
    for kind, names in odd.items():
        faults += fault_of(kind, [name for name in names if name in used])
        others = [name for name in names if name not in used]
        notes += fault_of(f"{kind}, without annotated objects", others, fatal=False)
    return faults, notes


def _used(listed: Listing) -> set[str]:
    """Return the images that are trained or measured on: all where no annotations say which."""
    if listed.table is not None:
        rows = reader.annotated(listed.table, Path(), aspect=1.0).image
        return {listed.table.file_names[row] for row in rows.tolist()}
    if listed.people is not None:
        return {listed.names[row] for row in listed.people.image.tolist()}
    return set(listed.names)


def _opened(
    folder: Path, listed: Listing, rows: NDArray[np.intp], *, title: str, published: bool
) -> tuple[list[Fault], list[Fault]]:
    """Return the faults of the files in `rows`, and what a person should look at."""
    names = [listed.names[row] for row in rows.tolist()]
    remarks.taken()  # of others
    sizes = None if listed.sizes is None else [listed.sizes[row] for row in rows.tolist()]
    seen = _decoded(folder, names, title) if title else headed([folder / name for name in names])
    compared = framing.compared(names, seen, sizes)
    faults, notes = _by_use(listed, image_checks.undecodable(names, seen))
    faults += compared.sizes(published=published)
    if published:
        return [*faults, *compared.turns("ignored")], [*notes, *image_checks.odd()]
    return faults, [*notes, *compared.remarks(), *image_checks.odd()]


def headed(paths: Sequence[Path]) -> list[Header | str]:
    """Return the header of each image file, or why it has none; where there are many, show how far.

    As `image_checks.headed` has them.
    """
    many = len(paths) >= MANY
    return _counted("reading headers", image_checks.headed(paths), len(paths), shown=many)


def _decoded(folder: Path, names: list[str], title: str) -> list[Header | str]:
    processes = min(cores(), 1 + len(names) // PER_PROCESS)
    return _counted(title, image_checks.opened(folder, names, processes), len(names))


def _counted(
    title: str, looks: Iterable[Header | str], total: int, *, shown: bool = True
) -> list[Header | str]:
    """Return what was seen of each file, showing meanwhile how many there were."""
    seen = []
    with Steps(title, total, shown=shown) as steps:
        for look in looks:
            seen.append(look)
            steps.advance()
    return seen
