"""A split's pictures: folders of classes, or ImageNet's flat validation folder."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from hrbench.data import stored
from hrbench.data.evaluation import ClassEvaluation
from hrbench.data.faults import stop_at_fatal
from hrbench.data.pictures import Pictures
from hrbench.errors import DataError, RunError
from hrbench.formats.contract import TrainingPictures
from hrbench.formats.division import divided
from hrbench.formats.imagenet import folders
from hrbench.formats.imagenet.folders import SplitPictures
from hrbench.formats.location import DataRoot, require, split_of
from hrbench.spec import ClassificationTask, DatasetSpec, Split

CLASS = "class"  # the field of a picture that tells its class, by its folder's name
ARCHIVES = ("*.tar", "*.tar.gz", "*.tgz", "*.zip")


def training(
    spec: ClassificationTask, dataset: DatasetSpec, data_root: DataRoot
) -> TrainingPictures:
    """Return the pictures to train on.

    Raises:
        DataError: something is wrong with them that the user does not allow.
    """
    content = read(dataset, data_root, spec.protocol.train_split)
    return TrainingPictures(
        content.pictures, content.left_out, _allowed(dataset, data_root, content)
    )


def evaluation(
    spec: ClassificationTask, dataset: DatasetSpec, data_root: DataRoot, *, limit: int | None
) -> ClassEvaluation:
    """Return the pictures of the protocol's split, and their classes.

    Raises:
        RunError: there is none.
    """
    name = spec.protocol.split
    content = read(dataset, data_root, name)
    whole, classes, how = content.pictures, content.num_classes, content.divided
    pictures = whole.first(limit)
    if not len(pictures):
        raise RunError(f"{name} has no picture to look at; see --limit")
    split, listed = split_of(dataset, name), len(whole)
    notes: tuple[str, ...] = ()
    if classes < len(dataset.classes):
        notes = (f"{classes} of the {len(dataset.classes)} classes of {dataset.name} are there.",)
    return ClassEvaluation(
        pictures=pictures,
        truth=pictures.labels,
        evaluated=len(pictures),
        expected=listed if data_root.synthetic else max(split.num_samples or 0, listed),
        fingerprint=_fingerprint(whole),
        division=how,
        groups=None if how is None else how.groups_of(pictures.ids, np.arange(len(pictures))),
        notes=notes,
        left_out=content.left_out,
        allowed=_allowed(dataset, data_root, content),
    )


def read(dataset: DatasetSpec, data_root: DataRoot, name: str) -> SplitPictures:
    """Return a split's pictures, how many classes they show, and what else is there."""
    split, classes = split_of(dataset, name), list(dataset.classes)
    if words := packed(dataset, data_root.folder / dataset.folder, split):
        raise RunError(f"{data_root.folder / dataset.folder}: {words}")
    folder = require(dataset, data_root.folder, *split.images)
    if not folders.is_flat(folder):
        return _part(folders.read(folder, classes), folder, dataset, split)
    solution = data_root.folder / dataset.folder / (split.solution or "")
    if split.solution and solution.exists():
        return folders.solved(folder, solution, classes)
    if not split.annotations or split.synsets is None:
        raise RunError(f"{folder} has pictures beside each other: one folder a class is needed")
    places = (split.annotations, split.synsets)
    truth, synsets = (require(dataset, data_root.folder, place) for place in places)
    return folders.flat(folder, truth, synsets, classes)


def _part(whole: SplitPictures, folder: Path, dataset: DatasetSpec, split: Split) -> SplitPictures:
    """Return what of a folder's pictures is of a split."""
    if split.part is None:
        return whole
    pictures, called = whole.pictures, list(dataset.classes)
    names = [path.relative_to(folder).as_posix() for path in pictures.images]
    how = divided(names, dataset, {CLASS: [[called[label]] for label in pictures.labels.tolist()]})
    kept = pictures.rows(np.flatnonzero(how.part == split.part))
    return replace(whole, pictures=kept, num_classes=len(np.unique(kept.labels)), divided=how)


def pictures(dataset: DatasetSpec, data_root: DataRoot, name: str) -> Pictures:
    """Return the pictures of a split."""
    return read(dataset, data_root, name).pictures


def _allowed(dataset: DatasetSpec, data_root: DataRoot, content: SplitPictures) -> tuple[str, ...]:
    return stop_at_fatal(data_root.folder / dataset.folder, content.faults, data_root.allow)


def packed(dataset: DatasetSpec, root: Path, split: Split) -> str:
    """Return in words which archive lies where a split's folder should be; else nothing."""
    if any((root / place).exists() for place in split.images):
        return ""
    archives = sorted(path.name for kind in ARCHIVES for path in root.glob(kind))
    if not archives:
        return ""
    some = ", ".join(archives[:2]) + (", …" if len(archives) > 2 else "")
    return (
        f"{some} is there, and {split.images[0]} is not: unpack it so that this folder holds the "
        f"pictures of {dataset.name}, in one folder for each class"
    )


def _fingerprint(pictures: Pictures) -> str:
    """Return the SHA-256 of names, sizes and classes: the files are too many to read twice."""
    sha256 = hashlib.sha256()
    try:
        for path, label in zip(pictures.images, pictures.labels.tolist(), strict=True):
            sha256.update(f"{path.name} {stored.size(path)} {label}\n".encode())
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read ({error.strerror})") from error
    return sha256.hexdigest()
