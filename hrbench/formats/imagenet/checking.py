"""What of a split of pictures is there, and what is wrong with it."""

from pathlib import Path

from hrbench.data import image_checks, remarks, stored
from hrbench.data.faults import Fault, fault_of, stated
from hrbench.data.image_crops import read_rgb
from hrbench.engine.progress import Steps
from hrbench.errors import DataError, HrbenchError
from hrbench.formats.findings import Missing, Part, SplitReport, counted
from hrbench.formats.imagenet import folders, reading
from hrbench.formats.imagenet.folders import SplitPictures
from hrbench.formats.location import DataRoot, issuer
from hrbench.spec import DatasetSpec, Split


def split_report(
    dataset: DatasetSpec, data_root: DataRoot, name: str, *, images: bool
) -> SplitReport:
    """Return what is there of a split; with `images`, every file is decoded."""
    split, root = dataset.splits[name], data_root.folder / dataset.folder
    folder = next((place for place in split.images if (root / place).exists()), None)
    if folder is None:
        place = split.images[0]
        words = reading.packed(dataset, root, split)
        packed = (stated(words),) if words else ()
        return SplitReport(name, (), (Missing(place, issuer(dataset, place)),), packed)
    if missing := _missing(dataset, root, split, folder):
        part = Part("images", folder, 0, None, {}, "one flat folder")
        return SplitReport(name, (part,), missing, ())
    try:
        read = reading.read(dataset, data_root, name)
    except HrbenchError as error:
        part = Part("images", folder, 0, None, {}, "not usable")
        return SplitReport(name, (part,), (), (stated(str(error)),))
    real = None if data_root.synthetic else split.num_samples
    return _pictures(name, folder, read, split, real, decode=images)


def _missing(dataset: DatasetSpec, root: Path, split: Split, folder: str) -> tuple[Missing, ...]:
    """Return what is not there of the files that say the classes of a flat folder."""
    solved = split.solution is not None and (root / split.solution).exists()
    if solved or not folders.is_flat(root / folder):
        return ()
    needed = (split.annotations, split.synsets or "")
    absent = [place for place in needed if place and not (root / place).exists()]
    return tuple(Missing(place, issuer(dataset, place)) for place in absent)


def _pictures(
    name: str, folder: str, read: SplitPictures, split: Split, real: int | None, *, decode: bool
) -> SplitReport:
    """Return what there is of pictures; `real` is how many the real set has, where it is that."""
    pictures, classes = read.pictures, read.num_classes
    sizes = [stored.size(path) for path in pictures.images]
    empty = [str(p) for p, size in zip(pictures.images, sizes, strict=True) if not size]
    faults = [*read.faults, *fault_of("image files of 0 bytes", empty)]
    others = [f"{count} {why}" for why, count in read.left_out.items()]
    faults += fault_of("kinds of files beside the pictures, left out", others, fatal=False)
    words = f"{counted(len(pictures), 'pictures', real)} of {classes:,} classes"
    if decode:
        remarks.taken()  # of others
        faults += _decoded(pictures.images, f"decoding {name}")
        words += ", all files decoded"
    facts = {"images": len(pictures), "classes": classes, "real_samples": split.num_samples}
    part = Part("images", folder, sum(sizes), None, facts, words)
    notes = tuple(image_checks.odd()) if decode else ()
    return SplitReport(name, (part,), (), tuple(faults), notes, divided=read.divided)


def _decoded(paths: tuple[Path, ...], title: str) -> list[Fault]:
    broken = []
    with Steps(title, len(paths)) as steps:
        for path in paths:
            try:
                read_rgb(path)
            except DataError:
                broken.append(str(path))
            steps.advance()
    return fault_of("image files that are not whole", broken)
