"""What of a dataset is there, what is missing and who issues it, and what is wrong with it."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench import catalog, world
from hrbench.data import annotations, inspect
from hrbench.data.inspect import OBJECT, TEXT, Fault, Size, stated
from hrbench.data.readers.aic import NOT_LABELLED
from hrbench.data.readers.coco import PERSON
from hrbench.engine.progress import Steps
from hrbench.errors import DataError, UnknownNameError
from hrbench.pipeline.findings import Facts, Missing, Part, Report, SplitReport
from hrbench.pipeline.sources import BUILTIN, DEFAULT, folder_of, issuer, locate
from hrbench.spec import DatasetSpec, Split

AIC = {"image_id": TEXT, "human_annotations": OBJECT, "keypoint_annotations": OBJECT}
Names = tuple[str, ...]
PER_PROCESS = 100  # image files that are worth a process


def check(name: str, data: str | None, *, images: bool) -> Report:
    """Look at all files of a dataset; with `images`, decode every image file too.

    Args:
        name: a dataset's name, or its TOML file.
        data: the folder of datasets, as `--data` names it.
        images: whether to decode.

    Raises:
        UnknownNameError: no such dataset, or none of its format can be read.
        SpecError: its file does not say what is expected.
    """
    dataset = catalog.load_dataset(name)
    if dataset.format not in LISTINGS:
        raise UnknownNameError(f"format in {name}", dataset.format, LISTINGS)
    root = _root(dataset, data)
    folder = root / dataset.folder
    synthetic = world.is_synthetic(folder)
    splits = tuple(
        _split(dataset, folder, split, synthetic=synthetic, images=images)
        for split in dataset.splits
    )
    there = any(split.parts for split in splits)
    hint = "" if there else _hint(dataset, root)
    return Report(dataset.name, dataset.title, str(folder), synthetic, hint, splits)


def _root(dataset: DatasetSpec, data: str | None) -> Path:
    if (data or os.environ.get("HRBENCH_DATA")) == BUILTIN:
        tasks = [catalog.load_task(task, builtin=True) for task in catalog.names("tasks")]
        sets = [task.builtin for task in tasks if task.dataset == dataset.name]
        return locate(dataset, data, sets[0] if sets else None).root
    return folder_of(dataset, data) or DEFAULT


def _hint(dataset: DatasetSpec, root: Path) -> str:
    if any((root / split.annotations).exists() for split in dataset.splits.values()):
        return (
            f"The files lie in {root} itself: --data names the folder above, and this "
            f"one is called '{dataset.folder}' there."
        )
    return (
        f"Nothing of {dataset.name} is in {root / dataset.folder}. If it lies elsewhere, name "
        f"the folder that holds '{dataset.folder}' with --data."
    )


def _split(
    dataset: DatasetSpec, root: Path, name: str, *, synthetic: bool, images: bool
) -> SplitReport:
    split = dataset.splits[name]
    parts: list[Part] = []
    missing: list[Missing] = []
    faults: list[Fault] = []

    def have(place: str, *, needed: bool = True) -> bool:
        there = (root / place).exists()
        if not there:
            missing.append(Missing(place, issuer(dataset, place), needed))
        return there

    listing = None
    if have(split.annotations):
        real = None if synthetic else split.num_images
        part, listing, found = _annotations(dataset, split, root, real)
        parts.append(part)
        faults += found
    folder = next((place for place in split.images if (root / place).exists()), split.images[0])
    if have(folder):
        title = f"decoding {name}" if images else None
        part, found = _images(root, folder, listing or NOTHING_LISTED, title)
        parts.append(part)
        faults += found
    if split.detections and have(split.detections, needed=not split.annotated):
        part, found = _detections(root, split.detections, listing)
        parts.append(part)
        faults += found
    return SplitReport(name, tuple(parts), tuple(missing), tuple(faults))


@dataclass(frozen=True, slots=True)
class Listing:
    """What a file of annotations lists."""

    names: tuple[str, ...]  # (M,) of image files
    image_ids: frozenset[Any]
    sizes: list[Size] | None  # (M,) of the images; None where the format has none
    persons: int
    labelled: int  # persons with a keypoint


Listed = tuple[Listing | None, list[Fault]]
NOTHING_LISTED = Listing((), frozenset(), None, 0, 0)


@annotations.no_collection()
def _annotations(
    dataset: DatasetSpec, split: Split, root: Path, real: int | None
) -> tuple[Part, Listing | None, list[Fault]]:
    place = split.annotations
    content, said, faults = _read(root / place)
    listing = None
    if not faults:
        listing, faults = LISTINGS[dataset.format](
            said, dataset.keypoints, annotated=split.annotated
        )
    if listing is None:
        return _file("annotations", place, content, {}, "not usable"), None, faults
    count = len(listing.names)
    words = f"{count:,} images"
    if real is not None:
        words += " as in the real set" if count == real else f" (the real set has {real:,})"
    facts: Facts = {"images": count, "real_images": real}
    if split.annotated:
        facts |= {"persons": listing.persons, "labelled": listing.labelled}
        words += f", {listing.persons:,} persons, {listing.labelled:,} of them with keypoints"
    if not count:
        faults.append(stated("no image is listed"))
    elif split.annotated and not listing.labelled and not faults:
        faults.append(stated("no person has a keypoint"))
    return _file("annotations", place, content, facts, words), listing, faults


def _images(
    root: Path, folder: str, listing: Listing, title: str | None
) -> tuple[Part, list[Fault]]:
    sizes = inspect.sizes_of_files(root / folder, listing.names)
    names = [name for name, size in zip(listing.names, sizes, strict=True) if size >= 0]
    missing = [name for name, size in zip(listing.names, sizes, strict=True) if size < 0]
    empty = [name for name, size in zip(listing.names, sizes, strict=True) if size == 0]
    faults = [
        *inspect.fault("image files that are missing", missing),
        *inspect.fault("image files of 0 bytes", empty),
    ]
    words = f"{len(names):,} of the {len(listing.names):,} images listed"
    if title is not None:
        faults += _decoded(root / folder, listing, sizes > 0, title)
        words += ", all files decoded"
    facts: Facts = {
        "listed": len(listing.names),
        "there": len(names),
        "decoded": title is not None,
    }
    total = int(sizes[sizes > 0].sum())
    return Part("images", folder, total, None, facts, words), faults


def _decoded(folder: Path, listing: Listing, chosen: NDArray[np.bool_], title: str) -> list[Fault]:
    rows = np.flatnonzero(chosen).tolist()
    names = [listing.names[row] for row in rows]
    processes = min(os.cpu_count() or 1, 1 + len(names) // PER_PROCESS)
    seen = []
    with Steps(title, len(names)) as steps:
        for look in inspect.opened(folder, names, processes):
            seen.append(look)
            steps.advance()
    sizes = None if listing.sizes is None else [listing.sizes[row] for row in rows]
    return inspect.image_faults(names, seen, sizes)


def _detections(root: Path, place: str, listing: Listing | None) -> tuple[Part, list[Fault]]:
    content, said, faults = _read(root / place)
    if faults:
        return _file("detections", place, content, {}, "not usable"), faults
    image_ids = None if listing is None else listing.image_ids
    boxes, images, faults = inspect.detected(said, PERSON, image_ids)
    words = f"{boxes:,} boxes in {images:,} images"
    return _file("detections", place, content, {"boxes": boxes, "images": images}, words), faults


def _read(path: Path) -> tuple[bytes, Any, list[Fault]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        return b"", None, [stated(f"{path.name} cannot be read: {error.strerror}")]
    try:
        return content, annotations.parse(content, Path(path.name)), []
    except DataError as error:
        return content, None, [stated(str(error))]


def _file(name: str, place: str, content: bytes, facts: Facts, words: str) -> Part:
    return Part(name, place, len(content), hashlib.sha256(content).hexdigest(), facts, words)


def _coco(content: Any, names: Names, *, annotated: bool) -> Listed:
    table: annotations.Annotations | None = None
    faults: list[Fault] = []
    if annotated:
        table, faults = annotations.examined(content, len(names))
        faults += _other_names(content, names) if table else []
    if table is None:  # of a file with faulty persons the images may still be compared
        table, more = annotations.examined_images(content, len(names))
        faults = faults or more
    if table is None:
        return None, faults
    labelled = np.any(table.keypoints[..., 2] > 0, axis=1)
    ids, sizes = table.image_ids.tolist(), table.image_sizes.tolist()
    listing = Listing(
        names=table.file_names,
        image_ids=frozenset(ids),
        sizes=[(width, height) for width, height in sizes],
        persons=len(table.ids),
        labelled=int(labelled.sum()),
    )
    return listing, faults


def _other_names(content: Any, names: Names) -> list[Fault]:
    lists = [c["keypoints"] for c in content["categories"] if "keypoints" in c]
    listed = next((found for found in lists if len(found) == len(names)), names)
    pairs = enumerate(zip(listed, names, strict=True))
    other = [f"{place} is {found}, not {name}" for place, (found, name) in pairs if found != name]
    return inspect.fault("keypoints called otherwise than in the dataset", other, fatal=False)


def _aic(content: Any, names: Names, *, annotated: bool) -> Listed:  # noqa: ARG001
    if not isinstance(content, list):
        return None, [stated("not AI Challenger's list of images")]
    if faults := inspect.objects(content, "images") or inspect.fields(content, AIC, "images"):
        return None, faults
    people = [
        {
            "id": f"{image['image_id']}/{person}",
            "keypoints": points,
            "box": image["human_annotations"].get(person),
        }
        for image in content
        for person, points in image["keypoint_annotations"].items()
    ]
    images = [image["image_id"] for image in content]
    faults = [
        *inspect.lengths(people, "keypoints", 3 * len(names), "keypoints"),
        *inspect.lengths(people, "box", 4, "boxes"),
        *inspect.twice(images, "image ids"),
    ]
    labelled = 0
    if not faults:
        labelled = sum(any(s != NOT_LABELLED for s in p["keypoints"][2::3]) for p in people)
    files = tuple(f"{image}.jpg" for image in images)
    return Listing(files, frozenset(images), None, len(people), labelled), faults


LISTINGS = {"coco": _coco, "aic": _aic}
