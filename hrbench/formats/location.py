"""Where a run's datasets lie, and which of their files are there."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from hrbench import world
from hrbench.errors import MissingDatasetError, RunError, UnknownNameError
from hrbench.spec import Builtin, DatasetSpec, Split

DEFAULT = Path("data")
BUILTIN = "builtin"
LEVELS = 2  # above what --data names that are looked into
HIDDEN = "the truth of this split is hidden; hand in the upload file"


@dataclass(frozen=True, slots=True)
class DataRoot:
    """Where a run's datasets lie."""

    folder: Path  # that holds those of the datasets
    synthetic: bool
    allow: tuple[str, ...] = ()  # names of faults that a user lets pass


def folder_of(dataset: DatasetSpec, data: str | None) -> Path | None:
    """Return the folder of datasets, or None for the synthetic set.

    Only the default folder, and only with nothing of the dataset in it, gives way to that.
    """
    if data == "":
        raise RunError("--data names no folder; is a variable empty that should name it?")
    named = data or os.environ.get("HRBENCH_DATA")
    if named == BUILTIN:
        return None
    if named:
        return Path(named)
    return DEFAULT if (DEFAULT / dataset.folder).exists() else None


def named(folder: Path | None) -> str:
    """Return a folder of datasets, None for the synthetic set, as a run's folder says it."""
    return BUILTIN if folder is None else str(folder.absolute())


def own_folder(dataset: DatasetSpec, toml: Path) -> Path | None:
    """Return the folder of a dataset's own TOML, where its files lie there; None where not.

    Files that $HRBENCH_DATA names come first.
    """
    marks = [place for split in dataset.splits.values() for place in _marks(split)]
    named = os.environ.get("HRBENCH_DATA")
    for root in (Path(named or toml.parent), toml.parent):
        if any((root / dataset.folder / mark).exists() for mark in marks):
            return toml.parent if root == toml.parent else None
    return None


def locate(
    dataset: DatasetSpec, data: str | None, builtin: Builtin | None, allow: tuple[str, ...] = ()
) -> DataRoot:
    """Return where the files are; the synthetic set is made where it is asked for.

    Raises:
        RunError: there is no data and no synthetic set of that kind.
    """
    folder = folder_of(dataset, data)
    if folder is not None:
        return DataRoot(folder, world.is_synthetic(folder / dataset.folder), allow)
    if builtin is None:
        place = f"name {holder(dataset)} with --data"
        raise RunError(f"{dataset.name}: {place}; it has no synthetic set")
    made = world.cached(dataset.folder, images=builtin.images, seed=builtin.seed)
    return DataRoot(made, synthetic=True, allow=allow)


def split_of(dataset: DatasetSpec, name: str) -> Split:
    """Return a split of a dataset by its name."""
    if name not in dataset.splits:
        raise UnknownNameError(f"split of {dataset.name}", name, dataset.splits)
    return dataset.splits[name]


def as_found(dataset: DatasetSpec, folder: Path) -> DatasetSpec:
    """Return a dataset with the names that its files have in its folder.

    A file that is there neither by its own name nor by another keeps its own.
    """

    def place(name: str | None) -> str | None:
        other = dataset.renamed.get(name or "")
        renamed = other and not (folder / str(name)).exists() and (folder / other).exists()
        return other if renamed else name

    return dataset.placed(place) if dataset.renamed else dataset


def require(dataset: DatasetSpec, root: Path, *candidates: str) -> Path:
    """Return the first of some places below a dataset's folder that is there.

    Raises:
        MissingDatasetError: none is.
    """
    places = [root / dataset.folder / candidate for candidate in candidates]
    for place in places:
        if place.exists():
            return place
    if hint := elsewhere(dataset, root, *candidates):
        raise RunError(f"{dataset.name}: {hint}")
    who = issuer(dataset, candidates[0])
    if not who:
        advice = f"put it there, or name {holder(dataset)} with --data"
        raise RunError(f"{dataset.name}: {places[0]} does not exist; {advice}")
    raise MissingDatasetError(dataset.name, places[0], who, fetch=bool(dataset.downloads))


def elsewhere(dataset: DatasetSpec, root: Path, *candidates: str) -> str:
    """Return in words where a dataset is whose folder `--data` misses by a level or two.

    "" where something of it is in `root`, or nothing of it is near. `candidates` are places in its
    folder besides those that its splits name; they may be patterns.
    """
    places = {*candidates, *(place for split in dataset.splits.values() for place in _marks(split))}

    def holds(folder: Path) -> bool:
        patterns = [place for place in places if "*" in place]
        there = any((folder / place).exists() for place in places - {".", *patterns})
        return there or any(next(folder.glob(pattern), None) for pattern in patterns)

    if holds(root / dataset.folder):
        return ""
    inside = [path for path in sorted(root.glob("*")) if path.is_dir()]
    for near in (*root.absolute().parents[:LEVELS], *inside):
        if holds(near / dataset.folder):
            place = Path(os.path.relpath(near)) if near.is_relative_to(Path.cwd()) else near
            there = place / dataset.folder
            return f"it is not in {root / dataset.folder} but in {there}: use --data {place}"
    if holds(root):
        return (
            f"{root} is its folder itself: let it be called {dataset.folder}, and let --data name "
            "the folder that it lies in"
        )
    return ""


def _marks(split: Split) -> tuple[str, ...]:
    """Return files and folders by which a split is told."""
    return (split.annotations, *split.release) if split.annotations else split.images


def holder(dataset: DatasetSpec) -> str:
    """Return in words which folder `--data` names."""
    folder = dataset.folder
    return "the folder of its files" if folder == "." else f"the folder that holds '{folder}'"


def issuer(dataset: DatasetSpec, place: str) -> str:
    """Return who issues a file or folder, as the dataset's file says."""
    fitting = [words for start, words in dataset.issuers.items() if place.startswith(start)]
    return fitting[0] if fitting else dataset.homepage


def detections(dataset: DatasetSpec, split: Split, data_root: DataRoot, boxes: str) -> Path:
    """Return the file of detected boxes: the split's own, or the one that `--boxes` names."""
    if boxes != "det":
        path = Path(boxes)
        if not path.exists():
            raise RunError(f"--boxes {boxes}: that file does not exist; or write gt or det")
        return path
    if split.detections is None:
        raise RunError(f"{dataset.name}: this split names no detections; use --boxes gt or a file")
    return require(dataset, data_root.folder, split.detections)


def fingerprint(files: list[Path]) -> str:
    """Return the SHA-256 of the contents of some files, one after the other."""
    sha256 = hashlib.sha256()
    for file in files:
        sha256.update(hashlib.sha256(file.read_bytes()).digest())
    return sha256.hexdigest()
