"""What a split's file of annotations lists, format by format, and what is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.data import inspect
from hrbench.data.annotated import Annotations
from hrbench.data.inspect import Fault, Size, stated
from hrbench.data.sample import People
from hrbench.errors import DataError
from hrbench.formats.coco import aic, annotations, crowdpose, lenient
from hrbench.formats.faces import cofw_faces, release, tables
from hrbench.formats.faces.tables import Faces
from hrbench.formats.h36m.frame_names import place_of
from hrbench.formats.mpii import reader
from hrbench.spec import DatasetSpec, Split


@dataclass(frozen=True, slots=True)
class Listing:
    """What a file of annotations lists."""

    names: tuple[str, ...]  # (M,) of image files
    sizes: list[Size] | None  # (M,) of the images; None where the format has none
    persons: int
    labelled: int  # persons with a keypoint
    what: str = "persons"
    inside: bool = False  # the images are in the file itself
    folder: str | None = None  # that the names are relative to; None: where the split has images
    table: Annotations | None = None  # of COCO's format
    images: Annotations | None = None  # the whole file's, where nothing but its persons is faulty
    people: People | None = None  # of formats that do not say how large the images are
    joints: reader.Annotations | None = None  # of MPII's format


Listed = tuple[Listing | None, list[Fault]]
NOTHING_LISTED = Listing((), None, 0, 0)


def listing(root: Path, place: str, content: bytes, dataset: DatasetSpec, split: Split) -> Listed:
    """Return what a file, or the folders of an original release, list."""
    try:
        if (root / place).is_dir():
            return _pts(root, dataset, split)
        return LISTINGS[dataset.format](root / place, content, dataset, split)
    except DataError as error:
        return None, [stated(str(error))]


def _json(
    look: Callable[[Any, DatasetSpec, Split], Listed],
) -> Callable[[Path, bytes, DatasetSpec, Split], Listed]:
    def read(place: Path, content: bytes, dataset: DatasetSpec, split: Split) -> Listed:
        return look(annotations.parse(content, Path(place.name)), dataset, split)

    return read


def _coco(content: Any, dataset: DatasetSpec, split: Split) -> Listed:
    names, count = dataset.keypoints, len(dataset.keypoints)
    table: Annotations | None = None
    found: list[Fault] = []
    crowded = dataset.format == "crowdpose"
    if split.annotated:
        if crowded or dataset.complete:
            table, found = (crowdpose if crowded else annotations).examined(content, count)
        else:
            table, found = lenient.examined(content, count, dataset.keypoints_field)
        found += _other_names(content, names) if table else []
    annotated = table
    if table is None:  # of a file with faulty persons the images may still be compared
        table, more = annotations.examined_images(content, count)
        found = found or more
    if table is None:
        return None, found
    labelled = np.any(table.keypoints[..., 2] > 0, axis=1)
    sizes = [(width, height) for width, height in table.image_sizes.tolist()]
    listed = Listing(
        names=table.file_names,
        sizes=sizes,
        persons=len(table.ids),
        labelled=int(labelled.sum()),
        what="persons" if dataset.complete or crowded else "objects",
        table=annotated,
        images=table,
    )
    return listed, found


def _frames(content: Any, dataset: DatasetSpec, split: Split) -> Listed:
    listed, found = _coco(content, dataset, split)
    return listed and replace(listed, names=tuple(map(place_of, listed.names))), found


def _other_names(content: Any, names: tuple[str, ...]) -> list[Fault]:
    lists = [c["keypoints"] for c in content["categories"] if "keypoints" in c]
    listed = next((found for found in lists if len(found) == len(names)), names)
    pairs = enumerate(zip(listed, names, strict=True))
    other = [f"{place} is {found}, not {name}" for place, (found, name) in pairs if found != name]
    return inspect.fault("keypoints called otherwise than in the dataset", other, fatal=False)


def _aic(content: Any, dataset: DatasetSpec, _: Split) -> Listed:
    people, found = aic.examined(content, len(dataset.keypoints))
    if found and not people:
        return None, found
    labelled = 0
    if not found:
        labelled = sum(any(s != aic.NOT_LABELLED for s in p["keypoints"][2::3]) for p in people)
    files = tuple(f"{image['image_id']}.jpg" for image in content)
    return Listing(files, None, len(people), labelled), found


def _mpii(content: Any, dataset: DatasetSpec, split: Split) -> Listed:
    table, found = reader.examined(content, len(dataset.keypoints), hidden=not split.annotated)
    if table is None:
        return None, found
    names, labelled = table.file_names, int(table.visible.any(axis=1).sum())
    people = reader.people(table, Path())
    listed = Listing(names, None, len(people), labelled, people=people, joints=table)
    return listed, found


def _faces(place: Path, _: bytes, dataset: DatasetSpec, split: Split) -> Listed:
    count, first = len(dataset.keypoints), dataset.counted_from
    here = Path()  # names of images stay as the file has them
    if place.suffix == ".csv":
        boxed = dataset.format == "faces-box"
        return _faces_listed(
            *tables.examined(place, here, count, counted_from=first, box_column=boxed), here
        )
    attribute = split.attribute
    return _faces_listed(
        *release.examined_wflw_list(place, here, count, counted_from=first, attribute=attribute),
        here,
    )


def _pts(root: Path, dataset: DatasetSpec, split: Split) -> Listed:
    places = [root / place for place in split.release]
    count, first = len(dataset.keypoints), dataset.counted_from
    found, faults = release.examined_pts(places, count, counted_from=first)
    listed, faults = _faces_listed(found, faults, root)
    return listed and replace(listed, folder=""), faults


def _cofw(place: Path, _: bytes, dataset: DatasetSpec, __: Split) -> Listed:
    count = len(dataset.keypoints)
    found, faults = cofw_faces.examined(place, count, counted_from=dataset.counted_from)
    listed, faults = _faces_listed(found, faults, place)
    return listed and replace(listed, inside=True), faults


def _faces_listed(found: Faces | None, faults: list[Fault], below: Path) -> Listed:
    if found is None:
        return None, faults
    people = found.people
    names = tuple(path.relative_to(below).as_posix() for path in people.images)
    labelled = int(people.visible.any(axis=1).sum())
    kinds: dict[str, Any] = {"what": "faces", "people": people}
    return Listing(names, None, len(people), labelled, **kinds), faults


LISTINGS: dict[str, Callable[[Path, bytes, DatasetSpec, Split], Listed]] = {
    "coco": _json(_coco),
    "crowdpose": _json(_coco),
    "h36m-frames": _json(_frames),
    "aic": _json(_aic),
    "mpii": _json(_mpii),
    "faces": _faces,
    "faces-box": _faces,
    "cofw": _cofw,
}
