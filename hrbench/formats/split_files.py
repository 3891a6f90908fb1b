"""What is there of a split that a file of annotations lists, and what is wrong with its files."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hrbench import catalog
from hrbench.boxes import choosing, detections
from hrbench.data.divided import TRAINING, Divided
from hrbench.data.faults import Fault, fault_of, stated
from hrbench.errors import DataError
from hrbench.files.json_files import no_collection
from hrbench.formats import image_files
from hrbench.formats.division import divided
from hrbench.formats.findings import Facts, Missing, Part, SplitReport, counted
from hrbench.formats.listing import NOTHING_LISTED, Listed, ListFiles, Listing, SplitFile
from hrbench.formats.location import DataRoot, issuer
from hrbench.spec import DatasetSpec, Split

TOP = "."  # the folder that names of images begin in
Notes = Callable[[DatasetSpec, Listing], list[Fault]]


@dataclass(slots=True)
class _Look:
    """A split that is looked at, and what is known of it so far."""

    dataset: DatasetSpec
    root: Path  # of the dataset
    name: str
    parts: list[Part] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def split(self) -> Split:
        return self.dataset.splits[self.name]

    def has(self, place: str, use: str = "") -> bool:
        """Return whether a file or folder is there; note that it is missing if not."""
        there = (self.root / place).exists()
        if not there:
            self.missing.append(Missing(place, issuer(self.dataset, place), use))
        return there

    def add(self, part: Part, faults: list[Fault]) -> None:
        self.parts.append(part)
        self.faults.extend(faults)


def report(
    dataset: DatasetSpec,
    data_root: DataRoot,
    name: str,
    *,
    images: bool,
    listing: ListFiles,
    notes: Notes | None = None,
) -> SplitReport:
    """Return what is there of a split; with `images`, every image file is decoded.

    Args:
        dataset: whose split it is.
        data_root: where it lies.
        name: of the split.
        images: whether to decode.
        listing: what the format makes of the file of annotations.
        notes: what a person should look at in it.
    """
    look = _Look(dataset, data_root.folder / dataset.folder, name)
    listed = _annotations(look, listing, synthetic=data_root.synthetic)
    folder = _images(look, listed, decode=images)
    _beside(look, listed)
    if listed is not None and notes is not None:
        look.notes += notes(dataset, listed)
    paths: tuple[Path, ...] = ()
    if listed is not None and folder is not None:
        paths = tuple(look.root / folder / place for place in listed.names)
    parts, missing = tuple(look.parts), tuple(look.missing)
    how = None if listed is None else listed.divided
    if how is not None and look.split.part != TRAINING:
        look.notes += [replace(stated(words), fatal=False) for words in how.leaking]
        look.notes += _shared_folders(how)
    return SplitReport(name, parts, missing, tuple(look.faults), tuple(look.notes), paths, how)


def _shared_folders(how: Divided) -> list[Fault]:
    """Return which folders have images that are trained on and others that are not."""
    if how.rule is not None and how.rule.grouped:
        return []
    sides: list[set[str]] = [set(), set()]
    for name, part in zip(how.names, how.part.tolist(), strict=True):
        sides[part == TRAINING].add(name.rpartition("/")[0] or TOP)
    both = sorted(sides[0] & sides[1]) if len(sides[0] | sides[1]) > 1 else []
    kind = (
        'folders with images on both sides; where each is a video or an animal, by = "folder" in '
        "[split] keeps them apart (docs/splits.md)"
    )
    return fault_of(kind, both, fatal=False)


def listed_by(listing: ListFiles, file: SplitFile, dataset: DatasetSpec, split: Split) -> Listed:
    """Return what a file, or the folders of an original release, list of a split's images."""
    try:
        listed, faults = listing(file, dataset, split)
    except DataError as error:
        return None, [stated(str(error))]
    if listed is None or split.part is None:
        return listed, faults
    try:
        how = divided(listed.names, dataset, listed.values)
    except DataError as error:
        fatal = any(fault.fatal for fault in faults)
        return None, faults if fatal else [*faults, stated(str(error))]
    return replace(listed.of_images(how.part == split.part), divided=how), faults


def annotation_file(root: Path, split: Split) -> SplitFile:
    """Return what says where the keypoints are: the annotations, else what a release has."""
    places = (split.annotations, *split.release)
    there = (place for place in places if (root / place).exists())
    return SplitFile(root, next(there, split.annotations))


def image_folder(root: Path, split: Split, listed: Listing | None) -> str | None:
    """Return where a split's images are; None where they are inside of its file."""
    if listed is not None and listed.folder is not None:
        return listed.folder
    there = [place for place in split.images if (root / place).exists()]
    return next(iter([*there, *split.images]), None)


@no_collection()
def _annotations(look: _Look, listing: ListFiles, *, synthetic: bool) -> Listing | None:
    """Look at the file of annotations; of the real set is known how much it should list."""
    split, file = look.split, annotation_file(look.root, look.split)
    if not look.has(file.place):
        return None
    listed, faults = listed_by(listing, file, look.dataset, split)
    if listed is None:
        look.add(part_of("annotations", file, {}, "not usable"), faults)
        return None
    images, samples = (None, None) if synthetic else (split.num_images, split.num_samples)
    count, persons = len(listed.names), listed.persons
    facts: Facts = {"images": count, "real_images": images}
    words = counted(count, "images", images)
    if split.annotated:
        facts |= {"persons": persons, "labelled": listed.labelled}
        words += f", {counted(persons, listed.what, samples)}"
        words += f", {listed.labelled:,} of them with keypoints"
    if samples is not None:
        facts["real_samples"] = samples
    if not count:
        faults.append(stated("no image is listed"))
    elif split.annotated and not listed.labelled and not faults:
        faults.append(stated("no person has a keypoint"))
    look.add(part_of("annotations", file, facts, words, listed.bytes), faults)
    return listed


def _images(look: _Look, listed: Listing | None, *, decode: bool) -> str | None:
    """Look at the image files; return the folder that they are in.

    A folder that other splits share says nothing of a split whose annotations are not there, and
    images are not counted where nothing says which.
    """
    folder = image_folder(look.root, look.split, listed)
    told = bool(look.parts) or not _is_shared(look.dataset, look.split)
    unusable = bool(look.parts) and listed is None
    if folder is not None and told and look.has(folder) and not unusable:
        title = f"decoding {look.name}" if decode else ""
        published, listed = catalog.is_published(look.dataset), listed or NOTHING_LISTED
        images = image_files.examined(look.root, folder, listed, title=title, published=published)
        look.add(images.part, images.faults)
        look.notes += images.notes
    return folder


def _is_shared(dataset: DatasetSpec, split: Split) -> bool:
    others = (other for other in dataset.splits.values() if other is not split)
    return any(set(other.images) & set(split.images) for other in others)


def _beside(look: _Look, listed: Listing | None) -> None:
    """Look at the files that only some runs need."""
    split, heads = look.split, None if listed is None else listed.heads
    if heads is not None and split.heads and look.has(split.heads, "only needed to score"):
        look.add(*heads(look.root, split.heads))
    use = "only needed for --boxes det" if split.annotated else ""
    if split.detections and look.has(split.detections, use):
        look.add(*_detections(SplitFile(look.root, split.detections), listed))


def _detections(file: SplitFile, listed: Listing | None) -> tuple[Part, list[Fault]]:
    """Look at a file of detections; those of the images that are listed, where these are known."""
    content, faults = _parsed(file)
    everything, faults = (None, faults) if faults else detections.examined(content)
    if everything is None:
        return part_of("detections", file, {}, "not usable"), faults
    boxes = everything
    if listed is not None and listed.images is not None:
        chosen, _, more = choosing.of_split(everything, listed.images)
        boxes, faults = chosen.boxes, [*faults, *more]
    if not len(everything):
        faults.append(stated("there is no box in the detections"))
    images = len(set(boxes.images))
    words = f"{len(boxes):,} boxes in {images:,} images"
    facts: Facts = {"boxes": len(boxes), "images": images}
    return part_of("detections", file, facts, words), faults


def _parsed(file: SplitFile) -> tuple[Any, list[Fault]]:
    try:
        return detections.parsed(file.content, Path(file.path.name)), []
    except DataError as error:
        return None, [stated(str(error))]


def part_of(name: str, file: SplitFile, facts: Facts, words: str, size: int = 0) -> Part:
    """Return what there is to say of a file; of a folder, whose files have `size` bytes in all."""
    try:
        content = file.content
    except DataError:
        return Part(name, file.place, size, None, facts, words)
    return Part(name, file.place, len(content), hashlib.sha256(content).hexdigest(), facts, words)
