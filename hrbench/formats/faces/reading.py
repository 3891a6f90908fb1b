"""The four face sets: the published CSV files, the original releases, COFW's .mat files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data.divided import Divided
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.sample import People
from hrbench.errors import RunError
from hrbench.formats.division import divided
from hrbench.formats.faces import release, tables
from hrbench.formats.faces.tables import Examined, Faces
from hrbench.formats.images_of_people import require_images, within
from hrbench.formats.location import DataRoot, fingerprint, require, split_of
from hrbench.geometry import PADDING
from hrbench.metrics.nme import BOX_SIZE, FaceTruth, normalisers
from hrbench.spec import DatasetSpec, LandmarkTask, Split

Examine = Callable[[Path, DatasetSpec, Path], Examined]  # a file, the folder of its images


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """The faces of the files of a split, of which it may be a part."""

    faces: Faces
    files: list[Path]
    divided: Divided | None  # how their images are; None of a split that is whole

    def image_ids(self, split: Split) -> NDArray[np.int64]:
        """Return the ids of the split's images."""
        ids = self.faces.people.image_ids
        return ids if self.divided is None else ids[self.divided.part == split.part]


def training(
    spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot, *, examine: Examine
) -> People:
    """Return the faces to train on; `examine` reads a file of them."""
    split = split_of(dataset, spec.protocol.train_split)
    read = _read(dataset, data_root, split, examine)
    people = read.faces.people
    if read.divided is not None:
        people = people.in_images(read.image_ids(split))
    require_images(dataset, people)
    return within(dataset, data_root, _padded(people, spec.protocol.padding))


def evaluation(
    spec: LandmarkTask,
    dataset: DatasetSpec,
    data_root: DataRoot,
    *,
    boxes: str,
    limit: int | None,
    examine: Examine,
) -> LandmarkEvaluation:
    """Return the faces of the protocol's split, and their points.

    Raises:
        RunError: boxes other than the annotated ones are asked for, or no such normaliser is.
    """
    if boxes != "gt":
        raise RunError(f"{dataset.name} is measured on its annotated centres and sizes: --boxes gt")
    split = split_of(dataset, spec.protocol.split)
    read = _read(dataset, data_root, split, examine)
    faces, ids = read.faces, read.image_ids(split)
    sizes = _normalisers(dataset, faces)
    if spec.protocol.normaliser not in sizes:
        raise RunError(
            f"protocol.normaliser: {dataset.name} has {', '.join(sizes)}, "
            f"not '{spec.protocol.normaliser}'"
        )
    everyone = within(dataset, data_root, _padded(faces.people, spec.protocol.padding))
    kept = ids[:limit]
    rows = np.flatnonzero(np.isin(everyone.image_ids[everyone.image], kept))
    people = everyone.rows(rows)
    require_images(dataset, people)
    listed = int(np.isin(everyone.image_ids[everyone.image], ids).sum())
    return LandmarkEvaluation(
        people=people,
        truth=FaceTruth(
            people.ids,
            people.keypoints,
            {name: size[rows] for name, size in sizes.items()},
            occluded=None if faces.occluded is None else faces.occluded[rows],
            subsets=_subsets(people, spec.protocol.split, dataset, data_root, examine),
        ),
        image_ids=kept,
        evaluated=len(people),
        expected=listed if data_root.synthetic else max(split.num_samples or 0, listed),
        fingerprint=fingerprint(read.files),
        division=read.divided,
        groups=None if read.divided is None else read.divided.groups_of(kept, kept),  # ids are rows
        allowed=people.allowed,
    )


def _subsets(
    people: People, whole: str, dataset: DatasetSpec, data_root: DataRoot, examine: Examine
) -> dict[str, NDArray[np.bool_]]:
    """Return who of some faces is in each subset of their split whose files are there.

    Files of a subset repeat lines of the whole's: a face is known by its image and points.
    """
    folder, subsets = data_root.folder / dataset.folder, {}
    for name, split in dataset.splits.items():
        there = (folder / split.annotations).exists() or is_released(folder, split)
        if split.subset_of == whole and there:
            _, (faces, _), _ = _examined(dataset, data_root, split, examine)
            inside = set() if faces is None else set(_known_by(faces.people))
            subsets[name] = np.array([face in inside for face in _known_by(people)], dtype=np.bool_)
    return subsets


def _known_by(people: People) -> Iterator[tuple[Path, bytes]]:
    for image, points in zip(people.image.tolist(), people.keypoints, strict=True):
        yield people.images[image], points.tobytes()


def _padded(people: People, padding: float) -> People:
    """Return faces whose crops are wider than their boxes by `padding`; readers give PADDING."""
    return (
        people if padding == PADDING else replace(people, scales=people.scales / PADDING * padding)
    )


def _normalisers(dataset: DatasetSpec, faces: Faces) -> dict[str, NDArray[np.float64]]:
    sizes = normalisers(faces.people.keypoints, dataset.normaliser_groups())
    return sizes if faces.box_sizes is None else {BOX_SIZE: faces.box_sizes, **sizes}


def _read(dataset: DatasetSpec, data_root: DataRoot, split: Split, examine: Examine) -> Read:
    """Return a split's faces, how their images are divided, and the files that say it."""
    place, examined, files = _examined(dataset, data_root, split, examine)
    faces = tables.sound(place, examined, data_root.allow)
    if split.part is None:
        return Read(faces, files, None)
    below = require(dataset, data_root.folder, *split.images) if split.images else place
    names = tuple(path.relative_to(below).as_posix() for path in faces.people.images)
    return Read(faces, files, divided(names, dataset, faces.values))


def _examined(
    dataset: DatasetSpec, data_root: DataRoot, split: Split, examine: Examine
) -> tuple[Path, Examined, list[Path]]:
    """Return what a split is read from, its faces with what is wrong, and the files."""
    root = data_root.folder
    if is_released(root / dataset.folder, split):
        places = [require(dataset, root, place) for place in split.release]
        images = places[0] if places[0].is_dir() else require(dataset, root, *split.images)
        top = release.top_of(places) if places[0].is_dir() else places[0]
        return top, release.examined(places, images, dataset, split), release.files_of(places)
    file = require(dataset, root, split.annotations)
    images = require(dataset, root, *split.images) if split.images else file
    return file, examine(file, dataset, images), [file]


def is_released(folder: Path, split: Split) -> bool:
    """Whether a split is read from what the original release has of it."""
    there = any((folder / place).exists() for place in split.release)
    return there and not (folder / split.annotations).exists()
