"""The formats of 300-W and WFLW, of AFLW, whose faces have a box of their own, and of COFW."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from hrbench.formats import split_files
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.faces import cofw, reading, release, tables
from hrbench.formats.faces.reading import Examine
from hrbench.formats.faces.tables import Examined
from hrbench.formats.listing import Listed, ListFiles, Listing, SplitFile
from hrbench.metrics.nme import FaceTruth
from hrbench.spec import DatasetSpec, Split

HERE = Path()  # below which names of images stay as a file has them


def _examined(file: Path, dataset: DatasetSpec, images: Path, *, box_column: bool) -> Examined:
    count, first = len(dataset.keypoints), dataset.counted_from
    further = () if dataset.split is None else dataset.split.fields
    return tables.examined(
        file, images, count, counted_from=first, box_column=box_column, further=further
    )


def _examined_cofw(file: Path, dataset: DatasetSpec, _: Path) -> Examined:
    return cofw.examined(file, len(dataset.keypoints), counted_from=dataset.counted_from)


def _listing(file: SplitFile, dataset: DatasetSpec, split: Split, *, examine: Examine) -> Listed:
    if not reading.is_released(file.root, split):
        return _listed(examine(file.path, dataset, HERE), HERE)
    places = [file.root / place for place in split.release]
    examined = release.examined(places, HERE, dataset, split)
    if not file.path.is_dir():
        return _listed(examined, HERE)
    listed, faults = _listed(examined, file.root)
    size = sum(path.stat().st_size for path in release.files_of(places))
    return listed and replace(listed, folder="", bytes=size), faults


def _listing_cofw(file: SplitFile, dataset: DatasetSpec, _: Split) -> Listed:
    return _listed(_examined_cofw(file.path, dataset, HERE), file.path)


def _listed(result: Examined, below: Path) -> Listed:
    """Return what is listed of faces, their images named by where they lie below a folder."""
    faces, faults = result
    if faces is None:
        return None, faults
    people = faces.people
    names = tuple(path.relative_to(below).as_posix() for path in people.images)
    labelled = int(people.visible.any(axis=1).sum())
    listed = Listing(
        names, None, len(people), labelled, what="faces", people=people, values=faces.values
    )
    return listed, faults


def _of_faces(examine: Examine, listing: ListFiles) -> PeopleFormat:
    return PeopleFormat(
        report=partial(split_files.report, listing=listing),
        listing=listing,
        training=partial(reading.training, examine=examine),
        evaluation=partial(reading.evaluation, examine=examine),
        truth=FaceTruth,
        subject="face",
    )


FACES, FACES_BOX = (
    _of_faces(examine, partial(_listing, examine=examine))
    for examine in (partial(_examined, box_column=boxed) for boxed in (False, True))
)
COFW = _of_faces(_examined_cofw, _listing_cofw)
