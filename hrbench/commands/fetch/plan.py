"""What is to be fetched of a dataset: what lies there already, what an address gives, what not."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hrbench import catalog, world
from hrbench.data.shards import INDEX
from hrbench.errors import RunError, UnknownNameError
from hrbench.formats.location import BUILTIN, DEFAULT, folder_of, own_folder
from hrbench.spec import DatasetSpec
from hrbench.spec.download import Download, Place

PART = ".part"  # of what is on its way
SCRATCH = ".fetch"  # in the dataset's folder: archives, and what comes out of them


class State(StrEnum):
    """What is to be done about a download."""

    THERE = "there"  # nothing: what it gives is in its place
    UNPACK = "unpack"  # its archive lies in the dataset's folder
    FETCH = "fetch"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Part:
    """A download, and what is to be done about it."""

    download: Download
    state: State
    folder: Path  # of the dataset

    @property
    def archive(self) -> Path:
        """Where its archive lies: as a person put it there, else where it is fetched to."""
        given = self.folder / self.download.file
        return given if self.state is State.UNPACK else self.scratch / self.download.file

    @property
    def scratch(self) -> Path:
        """Where what is fetched lies until it is whole."""
        return self.folder / SCRATCH

    @property
    def coming(self) -> Path:
        """Where what comes out of it lies until all of it is there."""
        return self.scratch / f"{self.download.file}.unpacked"

    @property
    def sizes(self) -> tuple[int, int]:
        """How many bytes it and what comes out of it have, as far as is known."""
        archive = self.download.bytes or 0
        return archive, self.download.unpacked or archive

    @property
    def come(self) -> int:
        """How many bytes of them are there from an earlier try."""
        file = self.scratch / self.download.file
        places = [file, file.with_name(f".{file.name}{PART}"), *self.coming.rglob("*")]
        return sum(place.stat().st_size for place in places if place.is_file())


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be fetched of a dataset."""

    dataset: DatasetSpec
    root: Path  # that holds the dataset's folder
    splits: tuple[str, ...]  # that are asked for
    parts: tuple[Part, ...]

    @property
    def folder(self) -> Path:
        """The dataset's."""
        return self.root / self.dataset.folder

    def of(self, *states: State) -> list[Part]:
        """Return the downloads about which one of these is to be done."""
        return [part for part in self.parts if part.state in states]

    def room(self, *, keep: bool) -> int:
        """Return how many bytes are taken up at most on the way, as far as is known.

        Each archive is removed before the next is fetched, unless all are kept.
        """
        taken, most = 0, 0
        for part in self.of(State.UNPACK, State.FETCH):
            archive, unpacked = part.sizes
            archive = archive if part.state is State.FETCH else 0
            most = max(most, taken + archive + unpacked - part.come)
            taken += unpacked + (archive if keep else 0) - part.come
        return most


def plan(name: str, data: str | None, only: Sequence[str]) -> Plan:
    """Return what is to be fetched of a dataset.

    Args:
        name: a dataset's, its TOML file, or a task that is measured on it.
        data: the folder of datasets, as `--data` names it.
        only: splits, or beginnings of their names; none for all of them.

    Raises:
        UnknownNameError: there is no such dataset, or no such split.
        RunError: it says nowhere where its files are from, or a synthetic set is in their place.
    """
    file, _ = catalog.dataset_file(name)
    dataset = catalog.load_dataset(name)
    if not dataset.downloads:
        where = f"; its homepage is {dataset.homepage}" if dataset.homepage else ""
        raise RunError(f"{file} has no [[downloads]] that say where its files are from{where}")
    if (data or os.environ.get("HRBENCH_DATA")) == BUILTIN:
        raise RunError("--data builtin is the synthetic set, which is made and not fetched")
    own = own_folder(dataset, file) if catalog.name_and_variant(name)[0].endswith(".toml") else None
    root = (own if data is None else None) or folder_of(dataset, data) or DEFAULT
    if world.is_synthetic(root / dataset.folder):
        raise RunError(
            f"{root / dataset.folder} is a synthetic set, and what is fetched would lie among its "
            "files: name another folder with --data"
        )
    splits = tuple(_chosen(dataset, only))
    parts = tuple(
        Part(one, _state(dataset, root / dataset.folder, one), root / dataset.folder)
        for one in dataset.downloads
        if not one.splits or set(one.splits) & set(splits)
    )
    return Plan(dataset, root, splits, parts)


def free(folder: Path) -> int:
    """Return how many bytes are free where a folder is, or is to be."""
    there = next(
        place for place in (folder.absolute(), *folder.absolute().parents) if place.exists()
    )
    return shutil.disk_usage(there).free


def _chosen(dataset: DatasetSpec, only: Sequence[str]) -> Iterator[str]:
    """Yield the splits that are asked for; all where a beginning is that of several."""
    for name in only:
        if not any(split.startswith(name) for split in dataset.splits):
            raise UnknownNameError(f"split of {dataset.name}", name, dataset.splits)
    for split in dataset.splits:
        exact = split in only
        begun = any(split.startswith(name) for name in only if name not in dataset.splits)
        if exact or begun or not only:
            yield split


def _state(dataset: DatasetSpec, folder: Path, one: Download) -> State:
    if all(_is_there(dataset, folder, place) for place in one.gives):
        return State.THERE
    if one.file and (folder / one.file).is_file():
        return State.UNPACK
    return State.FETCH if one.address else State.BY_HAND


def _is_there(dataset: DatasetSpec, folder: Path, place: Place) -> bool:
    """Whether a place has all its files, by any name that others give to it."""
    alike = [split.images for split in dataset.splits.values() if place.place in split.images]
    alike.append(tuple(own for own in (place.place, dataset.renamed.get(place.place)) if own))
    return any(_count(folder / name) >= place.files for names in alike for name in names)


def _count(path: Path) -> int:
    """Return how many files there are in a folder; shards stand for as many as need be."""
    if path.is_file():
        return 1
    if (path / INDEX).is_file():
        return sys.maxsize
    return sum(len(files) for _, _, files in os.walk(path, followlinks=True))
