"""The picture sheet of a dataset's annotated persons, faces or objects.

Letters: N objects.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench import catalog
from hrbench.arrays import Pixels
from hrbench.data import framing
from hrbench.data.headers import Size
from hrbench.data.images import read_image
from hrbench.data.sample import Inside
from hrbench.draw.annotation_sheet import Objects, sheet, titled
from hrbench.errors import RunError
from hrbench.formats.contract import Format
from hrbench.formats.listing import ListFiles, Listing
from hrbench.formats.registry import format_of
from hrbench.formats.split_files import annotation_file, image_folder, listed_by
from hrbench.lints.swapped_sides import suspects
from hrbench.spec import DatasetSpec, Split

SHEET = ".png"


def draw_sheet(dataset: DatasetSpec, folder: Path, splits: Sequence[str], file: Path) -> None:
    """Write a picture of annotated objects of some splits, each split below its name.

    Args:
        dataset: whose images have keypoints.
        folder: of the dataset.
        splits: whose annotations and images are there, with faults that are allowed at most.
        file: what to write, a .png.

    Raises:
        DataError: an image is not whole.
        RunError: the file cannot be written, or the dataset has nothing to show.
    """
    listing = format_of(dataset, Format).listing
    if listing is None:
        raise RunError(f"--sheet shows keypoints in images; {dataset.name} has none")
    if file.suffix != SHEET:
        raise RunError(f"--sheet {file}: write a name that ends in {SHEET}")
    shown = [name for name in splits if dataset.splits[name].annotated]
    if not shown:
        raise RunError(f"--sheet shows annotations; no usable split of {dataset.name} has any")
    picture = np.vstack([_of_split(dataset, folder, name, listing) for name in shown])
    try:
        file.write_bytes(cv2.imencode(SHEET, picture)[1].tobytes())
    except OSError as error:
        raise RunError(f"--sheet {file}: cannot be written ({error.strerror})") from error


def _of_split(
    dataset: DatasetSpec, folder: Path, name: str, listing: ListFiles
) -> NDArray[np.uint8]:
    split = dataset.splits[name]
    listed, _ = listed_by(listing, annotation_file(folder, split), dataset, split)
    objects = None if listed is None else _objects(listed, split, folder)
    if listed is None or objects is None:
        raise RunError(f"--sheet does not show the persons of {dataset.name}")
    pairs, edges = dataset.indices(dataset.flip_pairs), dataset.indices(dataset.edges)
    doubtful = suspects(objects.points, objects.labelled, pairs).objects
    inside = None if listed.people is None else listed.people.inside
    as_stored = inside is not None or catalog.is_published(dataset)
    read = partial(_stored, inside=inside) if as_stored else framing.as_viewed
    return titled(sheet(objects, doubtful, pairs, edges, read), name)


def _objects(listed: Listing, split: Split, folder: Path) -> Objects | None:
    """Return the objects of a split; None of a format whose listing has none."""
    place = image_folder(folder, split, listed)
    base = folder / (split.annotations if place is None else place)
    if (table := listed.table) is not None:
        return Objects(
            [base / name for name in table.file_names],
            table.image_sizes,
            table.image,
            [f"id {number}" for number in table.ids.tolist()],
            table.keypoints[..., :2],
            table.keypoints[..., 2] > 0,
        )
    if (people := listed.people) is None:
        return None
    files = [base / name for name in listed.names]
    titles = [files[image].name for image in people.image.tolist()]
    return Objects(files, None, people.image, titles, people.keypoints, people.visible)


def _stored(path: Path, _: Size | None, *, inside: Inside | None) -> Pixels:
    return read_image(path, inside)
