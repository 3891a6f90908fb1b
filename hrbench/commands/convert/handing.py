"""A dataset of hrbench's, read to be written for other programs."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from hrbench import catalog
from hrbench.convert import handing
from hrbench.convert.coco import part_of
from hrbench.convert.handing import Dataset, Handed
from hrbench.convert.labels import SEEN, VAL, Labelled, Picture, Skeleton
from hrbench.data.faults import stop_at_fatal
from hrbench.data.headers import UPRIGHT, Header, headers
from hrbench.errors import DataError, RunError
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.listing import ListFiles, Listing
from hrbench.formats.location import DEFAULT, as_found, folder_of, own_folder, require
from hrbench.formats.registry import format_of
from hrbench.formats.split_files import annotation_file, image_folder, listed_by
from hrbench.spec import DatasetSpec, Split

OBJECT = "object"
TURNED = "pictures with an EXIF turn are annotated as they are stored, and most programs turn them"


def hand(name: str, data: str | None, target: Path, to: str, allow: Sequence[str] = ()) -> Handed:
    """Write a dataset for other programs, each split that has annotations and is no part of others.

    Args:
        name: a dataset, a task that is measured on it, or a TOML file.
        data: the folder of datasets, as `--data` names it.
        target: the folder that it is written to, in which there is nothing of it yet.
        to: COCO's or YOLO's format, by its name.
        allow: names of faults that a user lets pass.

    Raises:
        HrbenchError: it is not there, or not right.
        OSError: it cannot be written, or a picture not be read.
    """
    file, _ = catalog.dataset_file(name)
    dataset = catalog.load_dataset(name)
    own = catalog.name_and_variant(name)[0].endswith(".toml")
    root = (own_folder(dataset, file) if own and data is None else None) or folder_of(dataset, data)
    folder = (root or DEFAULT) / dataset.folder
    dataset = as_found(dataset, folder)
    known = format_of(dataset, PeopleFormat)
    if known.listing is None:
        raise RunError(f"{dataset.name}: --to writes keypoints in images, and it has none")
    chosen, others = _splits(dataset, folder)
    if not chosen:
        places = (split.annotations for split in dataset.splits.values())
        require(dataset, root or DEFAULT, *places)
    notes = [f"splits that are hidden or part of others: {', '.join(others)}"] if others else []
    splits, names = dict[str, list[Picture]](), set[str]()
    for part, split in chosen.items():
        listed, base = _listed(dataset, folder, split, known.listing, allow)
        names |= set(() if listed.table is None else listed.table.categories.values())
        splits[part], turned = _pictures(listed, base)
        notes += [f"{part}: {turned:,} {TURNED}"] if turned else []
    skeleton = Skeleton(dataset.keypoints, dataset.flip_pairs, dataset.edges)
    category = names.pop() if len(names) == 1 else known.subject or OBJECT
    handed = Dataset(splits, skeleton, category, tuple(notes))
    return handing.write(handed, target, to)


def _splits(dataset: DatasetSpec, folder: Path) -> tuple[dict[str, Split], list[str]]:
    """Return the splits that train, validate and test, and what the others are called."""
    chosen, others = dict[str, Split](), []
    for name, split in dataset.splits.items():
        part = part_of(name) or VAL
        if not split.annotated or split.subset_of is not None or part in chosen:
            others.append(name)
        elif annotation_file(folder, split).path.exists():
            chosen[part] = split
    return chosen, others


def _listed(
    dataset: DatasetSpec, folder: Path, split: Split, listing: ListFiles, allow: Sequence[str]
) -> tuple[Listing, Path]:
    """Return what the annotations of a split list, and the folder of its images.

    Raises:
        DataError: the annotations are not right.
    """
    file = annotation_file(folder, split)
    listed, faults = listed_by(listing, file, dataset, split)
    stop_at_fatal(file.path, faults, allow)
    if listed is None:
        raise DataError(f"{file.path}: {faults[0]}")
    place = image_folder(folder, split, listed)
    return listed, folder / (split.annotations if place is None else place)


def _pictures(listed: Listing, base: Path) -> tuple[list[Picture], int]:
    """Return the pictures of a split, and how many are annotated otherwise than viewers turn them.

    Raises:
        DataError: a picture is not there, or not whole.
    """
    paths = [base / name for name in listed.names]
    inside = None if listed.people is None else listed.people.inside
    objects = _objects(listed)
    if inside is not None:
        pixels = [partial(inside, path) for path in paths]
        sizes = [(shown.shape[1], shown.shape[0]) for shown in (one() for one in pixels)]
        return [
            Picture(Path(path.name), tuple(found), size=size, pixels=one)
            for path, found, size, one in zip(paths, objects, sizes, pixels, strict=True)
        ], 0
    seen = [_whole(path, header) for path, header in zip(paths, headers(paths), strict=True)]
    sizes = listed.sizes or [header.size for header in seen]
    turned = sum(h.tag != UPRIGHT and h.turned != size for h, size in zip(seen, sizes, strict=True))
    rows = zip(paths, objects, sizes, strict=True)
    return [Picture(path, tuple(found), size=size) for path, found, size in rows], turned


def _whole(path: Path, header: Header | None) -> Header:
    if header is None:
        words = "is not a whole image; fetch it again" if path.is_file() else "does not exist"
        raise DataError(f"{path} {words}")
    return header


def _objects(listed: Listing) -> list[list[Labelled]]:
    """Return the objects of each listed image; a table has the others of its file too."""
    names = listed.names if listed.table is None else listed.table.file_names
    found: list[list[Labelled]] = [[] for _ in names]
    if (table := listed.table) is not None:
        rows = zip(table.image, table.keypoints, table.boxes, table.areas, table.crowd, strict=True)
        for image, points, box, area, crowd in rows:
            if image >= 0:
                one = Labelled(points, tuple(box.tolist()), float(area), bool(crowd))
                found[image].append(one)
    elif (people := listed.people) is not None:
        columns = zip(people.image, people.keypoints, people.visible, people.boxes, strict=True)
        for image, places, visible, box in columns:
            points = np.hstack([places, SEEN * visible[:, None]]) * visible[:, None]
            found[image].append(Labelled(points, tuple(box.tolist())))
    kept = set(listed.names)
    return [objects for name, objects in zip(names, found, strict=True) if name in kept]
