"""From a spec to the files on disk, and from those to persons and the truth."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench import catalog, world
from hrbench.data import annotations
from hrbench.data.readers import aic, coco
from hrbench.data.sample import People, join
from hrbench.errors import DataError, MissingDatasetError, RunError, UnknownNameError
from hrbench.metrics.people import Truth
from hrbench.spec import Builtin, DatasetSpec, Split, TaskSpec

DEFAULT = Path("data")
BUILTIN = "builtin"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a run's datasets lie."""

    root: Path
    synthetic: bool


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What is predicted, and what it is scored against."""

    people: People
    truth: Truth | None  # None where the split's truth is hidden
    image_ids: NDArray[np.int64]  # of all images looked at
    expected: int  # images of the whole split
    fingerprint: str  # SHA-256 of the files that were read


def folder_of(dataset: DatasetSpec, data: str | None) -> Path | None:
    """Return the folder of datasets, or None for the synthetic set.

    Only the default folder, and only with nothing of the dataset in it, gives way to that.
    """
    if data == "":
        raise RunError("--data names no folder; is a variable empty that should name it?")
    named = data or os.environ.get("HRBENCH_DATA")
    if named == BUILTIN:
        return None
    if named:
        return Path(named)
    return DEFAULT if (DEFAULT / dataset.folder).exists() else None


def locate(dataset: DatasetSpec, data: str | None, builtin: Builtin | None) -> Source:
    """Return where the files are; the synthetic set is made where it is asked for.

    Raises:
        RunError: there is no data and no synthetic set of that kind.
    """
    folder = folder_of(dataset, data)
    if folder is not None:
        return Source(folder, world.is_synthetic(folder / dataset.folder))
    if builtin is None:
        raise RunError(f"{dataset.name}: name its folder with --data; it has no synthetic set")
    made = world.cached(
        dataset.name, images=builtin.images, seed=builtin.seed, processes=os.cpu_count() or 1
    )
    return Source(made, synthetic=True)


def split_of(dataset: DatasetSpec, name: str) -> Split:
    """Return a split of a dataset by its name."""
    if name not in dataset.splits:
        raise UnknownNameError(f"split of {dataset.name}", name, dataset.splits)
    return dataset.splits[name]


def require(dataset: DatasetSpec, root: Path, *candidates: str) -> Path:
    """Return the first of some places below a dataset's folder that is there.

    Raises:
        MissingDatasetError: none is.
    """
    places = [root / dataset.folder / candidate for candidate in candidates]
    for place in places:
        if place.exists():
            return place
    if any((root / candidate).exists() for candidate in candidates):
        raise RunError(
            f"{root} is the folder of {dataset.name} itself: let it be called {dataset.folder}, "
            "and let --data name the folder that it lies in"
        )
    raise MissingDatasetError(dataset.name, places[0], issuer(dataset, candidates[0]))


def require_images(dataset: DatasetSpec, people: People) -> None:
    """Look for the files of all images with boxes, a folder at a time.

    Raises:
        DataError: some are missing.
    """
    used = [people.images[image] for image in np.unique(people.image)]
    names = {folder: _listed(folder) for folder in {path.parent for path in used}}
    missing = [path for path in used if path.name not in names[path.parent]]
    if missing:
        raise DataError(
            f"{dataset.name}: {len(missing)} of {len(used)} image files do not exist, the first "
            f"is {missing[0]}; `hrbench check {dataset.name}` says who issues them"
        )


def _listed(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208  a Path for each of 118,000 takes longer
    except OSError:
        return set()


def issuer(dataset: DatasetSpec, place: str) -> str:
    """Return who issues a file or folder, as the dataset's file says."""
    fitting = [words for start, words in dataset.sources.items() if place.startswith(start)]
    return fitting[0] if fitting else dataset.homepage


def training_people(spec: TaskSpec, dataset: DatasetSpec, source: Source) -> People:
    """Return the persons to train on: the split's, then those of `extra_data`."""
    height, width = spec.model.input
    aspect, padding = width / height, spec.protocol.padding
    split = split_of(dataset, spec.protocol.train_split)
    file = require(dataset, source.root, split.annotations)
    images = require(dataset, source.root, *split.images)
    table = annotations.read(file, len(dataset.keypoints))
    parts = [coco.annotated(table, images, aspect, padding)]
    for name in spec.protocol.extra_data:
        extra = catalog.load_dataset(name)
        if extra.format != "aic":
            raise RunError(f"protocol.extra_data: '{name}' cannot be trained on beside others")
        more = extra.splits["train"]
        file = require(extra, source.root, more.annotations)
        folder = require(extra, source.root, *more.images)
        parts.append(
            aic.annotated(file, folder, extra.keypoints, dataset.keypoints, aspect, padding)
        )
    people = join(parts)
    if not len(people):
        raise DataError(f"{file}: no person with keypoints to train on in {split.annotations}")
    require_images(dataset, people)
    return people


def evaluation(
    spec: TaskSpec, dataset: DatasetSpec, source: Source, *, boxes: str, limit: int | None
) -> Evaluation:
    """Return the boxes of the protocol's split, and the truth where it is not hidden.

    Args:
        spec: says the split, and how a box becomes a crop.
        dataset: says the files.
        source: says where they are.
        boxes: `gt`, `det` for the detections of the published tables, or a file of them.
        limit: images, the first of the file.
    """
    protocol, (height, width) = spec.protocol, spec.model.input
    split = split_of(dataset, protocol.split)
    file = require(dataset, source.root, split.annotations)
    images = require(dataset, source.root, *split.images)
    if split.annotated:
        table = annotations.read(file, len(dataset.keypoints))
    else:
        table = annotations.read_images(file, len(dataset.keypoints))
    if not len(table.image_ids):
        raise DataError(f"{file} lists no image; there is nothing to measure")
    read = [file]
    if boxes == "gt":
        if not split.annotated:
            raise RunError(f"{protocol.split} has no annotated boxes; use --boxes det or a file")
        people = coco.annotated(table, images, width / height, protocol.padding)
    else:
        read.append(_detections(dataset, split, source, boxes))
        people = coco.detected(
            read[-1],
            table,
            images,
            width / height,
            threshold=protocol.box_threshold,
            padding=protocol.padding,
        )
    kept = table.image_ids[:limit]
    whole = len(table.image_ids)
    people = people.in_images(kept)
    require_images(dataset, people)
    return Evaluation(
        people,
        coco.truth(table, kept) if split.annotated else None,
        kept,
        whole if source.synthetic else max(split.num_images or 0, whole),
        fingerprint(read),
    )


def _detections(dataset: DatasetSpec, split: Split, source: Source, boxes: str) -> Path:
    if boxes != "det":
        path = Path(boxes)
        if not path.exists():
            raise RunError(f"--boxes {boxes}: that file does not exist; or write gt or det")
        return path
    if split.detections is None:
        raise RunError(f"{dataset.name}: this split names no detections; use --boxes gt or a file")
    return require(dataset, source.root, split.detections)


def fingerprint(files: list[Path]) -> str:
    """Return the SHA-256 of the contents of some files, one after the other."""
    sha256 = hashlib.sha256()
    for file in files:
        sha256.update(hashlib.sha256(file.read_bytes()).digest())
    return sha256.hexdigest()
