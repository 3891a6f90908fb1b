"""A split's pictures: folders of classes, or ImageNet's flat validation folder."""

import hashlib

from hrbench.data.pictures import Pictures
from hrbench.data.readers import imagenet
from hrbench.errors import DataError, RunError
from hrbench.pipeline.classes.evaluation import ClassEvaluation
from hrbench.pipeline.sources import Source, require, split_of
from hrbench.spec import ClassificationTask, DatasetSpec


def training(spec: ClassificationTask, dataset: DatasetSpec, source: Source) -> Pictures:
    """Return the pictures to train on."""
    return read(dataset, source, spec.protocol.train_split)[0]


def evaluation(
    spec: ClassificationTask, dataset: DatasetSpec, source: Source, limit: int | None
) -> ClassEvaluation:
    """Return the pictures of the protocol's split, and their classes.

    Raises:
        RunError: there is none.
    """
    name = spec.protocol.split
    whole, classes = read(dataset, source, name)
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
        expected=listed if source.synthetic else max(split.num_samples or 0, listed),
        fingerprint=_fingerprint(whole),
        notes=notes,
    )


def read(dataset: DatasetSpec, source: Source, name: str) -> tuple[Pictures, int]:
    """Return a split's pictures, and how many classes they show."""
    split, classes = split_of(dataset, name), list(dataset.classes)
    folder = require(dataset, source.root, *split.images)
    if not imagenet.is_flat(folder):
        found = imagenet.read(folder, classes)
    elif not split.annotations or split.synsets is None:
        raise RunError(f"{folder} has pictures beside each other: one folder a class is needed")
    else:
        places = (split.annotations, split.synsets)
        truth, synsets = (require(dataset, source.root, place) for place in places)
        found = imagenet.flat(folder, truth, synsets, classes)
    return found.pictures, found.num_classes


def _fingerprint(pictures: Pictures) -> str:
    """Return the SHA-256 of names, sizes and classes: the files are too many to read twice."""
    sha256 = hashlib.sha256()
    try:
        for path, label in zip(pictures.images, pictures.labels.tolist(), strict=True):
            sha256.update(f"{path.name} {path.stat().st_size} {label}\n".encode())
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read ({error.strerror})") from error
    return sha256.hexdigest()
