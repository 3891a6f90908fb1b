"""The four face sets: the published CSV files, the original releases, COFW's .mat files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.sample import People
from hrbench.errors import RunError
from hrbench.formats.faces import cofw_faces, release, tables
from hrbench.formats.faces.tables import Faces
from hrbench.formats.location import (
    DataRoot,
    fingerprint,
    require,
    require_images,
    split_of,
    within,
)
from hrbench.geometry import PADDING
from hrbench.metrics.nme import BOX_SIZE, FaceTruth, normalisers
from hrbench.spec import DatasetSpec, LandmarkTask, Split


def training(spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot) -> People:
    """Return the faces to train on."""
    found, _ = _read(dataset, data_root, split_of(dataset, spec.protocol.train_split))
    require_images(dataset, found.people)
    return within(dataset, data_root, _padded(found.people, spec.protocol.padding))


def evaluation(
    spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot, *, boxes: str, limit: int | None
) -> LandmarkEvaluation:
    """Return the faces of the protocol's split, and their points.

    Raises:
        RunError: boxes other than the annotated ones are asked for, or no such normaliser is.
    """
    if boxes != "gt":
        raise RunError(f"{dataset.name} is measured on its annotated centres and sizes: --boxes gt")
    split = split_of(dataset, spec.protocol.split)
    found, files = _read(dataset, data_root, split)
    sizes = _normalisers(dataset, found)
    if spec.protocol.normaliser not in sizes:
        raise RunError(
            f"protocol.normaliser: {dataset.name} has {', '.join(sizes)}, "
            f"not '{spec.protocol.normaliser}'"
        )
    everyone = within(dataset, data_root, _padded(found.people, spec.protocol.padding))
    kept = everyone.image_ids[:limit]
    rows = np.flatnonzero(np.isin(everyone.image_ids[everyone.image], kept))
    people = everyone.rows(rows)
    require_images(dataset, people)
    listed = len(everyone)
    return LandmarkEvaluation(
        people=people,
        truth=FaceTruth(
            people.ids, people.keypoints, {name: size[rows] for name, size in sizes.items()}
        ),
        image_ids=kept,
        evaluated=len(people),
        expected=listed if data_root.synthetic else max(split.num_samples or 0, listed),
        fingerprint=fingerprint(files),
        allowed=people.allowed,
    )


def _padded(people: People, padding: float) -> People:
    """Return faces whose crops are wider than their boxes by `padding`; readers give PADDING."""
    return (
        people if padding == PADDING else replace(people, scales=people.scales / PADDING * padding)
    )


def _normalisers(dataset: DatasetSpec, found: Faces) -> dict[str, NDArray[np.float64]]:
    sizes = normalisers(found.people.keypoints, dataset.normaliser_groups())
    return sizes if found.box_sizes is None else {BOX_SIZE: found.box_sizes, **sizes}


def _read(dataset: DatasetSpec, data_root: DataRoot, split: Split) -> tuple[Faces, list[Path]]:
    """Return a split's faces and the files that say where their points are."""
    root, count, first = data_root.folder, len(dataset.keypoints), dataset.counted_from
    folder = root / dataset.folder
    if split.release and not (folder / split.annotations).exists():
        return _released(dataset, data_root, split)
    file = require(dataset, root, split.annotations)
    if dataset.format == "cofw":
        found = cofw_faces.examined(file, count, counted_from=first)
    else:
        images, boxed = require(dataset, root, *split.images), dataset.format == "faces-box"
        found = tables.examined(file, images, count, counted_from=first, box_column=boxed)
    return tables.sound(file, found, data_root.allow), [file]


def _released(dataset: DatasetSpec, data_root: DataRoot, split: Split) -> tuple[Faces, list[Path]]:
    count, first = len(dataset.keypoints), dataset.counted_from
    folder = data_root.folder / dataset.folder
    if not any((folder / place).exists() for place in split.release):
        # Says what is missing, and who has it.
        require(dataset, data_root.folder, split.annotations)
    places = [require(dataset, data_root.folder, place) for place in split.release]
    if places[0].is_dir():
        found = release.examined_pts(places, count, counted_from=first)
        top = release.top_of(places)
        return tables.sound(top, found, data_root.allow), release.marks_of(places)
    images = require(dataset, data_root.folder, *split.images)
    found = release.examined_wflw_list(
        places[0], images, count, counted_from=first, attribute=split.attribute
    )
    return tables.sound(places[0], found, data_root.allow), places
