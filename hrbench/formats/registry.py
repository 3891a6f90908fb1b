"""The formats of datasets' files, by the name that a dataset's TOML gives."""

from typing import TypeVar

from hrbench import catalog
from hrbench.data.sample import People, join
from hrbench.errors import RunError, UnknownNameError
from hrbench.formats.coco.aic import AIC
from hrbench.formats.coco.format import COCO, CROWDPOSE, FRAMES
from hrbench.formats.contract import Format, PeopleFormat
from hrbench.formats.faces.format import COFW, FACES, FACES_BOX
from hrbench.formats.h36m.format import H36M
from hrbench.formats.imagenet.format import IMAGENET
from hrbench.formats.location import DataRoot
from hrbench.formats.mpii.format import MPII
from hrbench.spec import DatasetSpec, LandmarkTask

FORMATS: dict[str, Format] = {
    "coco": COCO,
    "crowdpose": CROWDPOSE,
    "h36m-frames": FRAMES,
    "aic": AIC,
    "mpii": MPII,
    "faces": FACES,
    "faces-box": FACES_BOX,
    "cofw": COFW,
    "h36m": H36M,
    "imagenet": IMAGENET,
}
_Format = TypeVar("_Format", bound=Format)


def format_of(dataset: DatasetSpec, of: type[_Format]) -> _Format:
    """Return a dataset's format, one of those of some sort.

    Raises:
        UnknownNameError: it is not known, or of another sort.
    """
    known = FORMATS.get(dataset.format)
    if not isinstance(known, of):
        raise UnknownNameError(f"format in {dataset.name}", dataset.format, names(of))
    return known


def names(of: type[Format]) -> list[str]:
    """Return what the formats of a sort are called."""
    return [name for name, known in FORMATS.items() if isinstance(known, of)]


def training(spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot) -> People:
    """Return the persons or faces to train on: the split's, then those of `extra_data`.

    Raises:
        HrbenchError: files are missing or not right, or a dataset cannot be trained on beside.
    """
    people = format_of(dataset, PeopleFormat).training(spec, dataset, data_root)
    extra = [catalog.load_dataset(name) for name in spec.protocol.extra_data]
    if not extra:
        return people
    return join([people, *(_beside(spec, other, data_root, dataset) for other in extra)])


def _beside(
    spec: LandmarkTask, other: DatasetSpec, data_root: DataRoot, dataset: DatasetSpec
) -> People:
    beside = format_of(other, Format).beside
    if beside is None:
        raise RunError(f"protocol.extra_data: '{other.name}' cannot be trained on beside others")
    return beside(spec, other, data_root, dataset.keypoints)


def is_own(dataset: DatasetSpec) -> bool:
    """Whether its annotations may say less than their format has, and nobody has looked at them."""
    known = FORMATS.get(dataset.format)
    return isinstance(known, PeopleFormat) and known.of_ones_own and not dataset.complete
