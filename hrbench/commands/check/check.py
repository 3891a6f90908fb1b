"""What of a dataset is there, what is missing and who issues it, and what is wrong with it."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hrbench import catalog, world
from hrbench.begun import folder as folder_of_run
from hrbench.commands.check.names import faults_of_file
from hrbench.data import shared_images
from hrbench.data.faults import Fault, let_pass, stated
from hrbench.errors import UnknownNameError
from hrbench.formats.findings import Report, SplitReport
from hrbench.formats.location import (
    BUILTIN,
    DEFAULT,
    DataRoot,
    as_found,
    elsewhere,
    folder_of,
    holder,
    locate,
    own_folder,
)
from hrbench.formats.registry import FORMATS, is_own
from hrbench.lints import neighbours
from hrbench.lints.keypoint_names import NO_PAIRS, NO_SIGMAS, mirrored_faults
from hrbench.report import run_folders
from hrbench.spec import DatasetSpec
from hrbench.spec.validation import validate

TRAIN = "train"  # what the split is called that one's own tasks train on


def check(name: str, data: str | None, *, images: bool, allow: tuple[str, ...] = ()) -> Report:
    """Look at all files of a dataset; with `images`, decode every image file too.

    Args:
        name: a dataset's name, its TOML file, a task, or a RUN that was measured on it.
        data: the folder of datasets, as `--data` names it.
        images: whether to decode.
        allow: names of faults that a user lets pass.

    Raises:
        UnknownNameError: no such dataset, or none of its format can be read.
        SpecError: its file does not say what is expected.
    """
    if (run := run_folders.run_of(name)) is not None:
        name, data = _of_run(run, data)
    file, raw = catalog.dataset_file(name)
    faults = faults_of_file(raw)
    if fatal := tuple(fault for fault in faults if fault.fatal):
        odd = tuple(fault for fault in faults if not fault.fatal)
        return Report(
            str(raw["name"]), str(raw.get("title", "")), str(file), faults=fatal, notes=odd
        )
    dataset = validate(DatasetSpec, raw, str(file))
    if dataset.format not in FORMATS:
        raise UnknownNameError(f"format in {name}", dataset.format, FORMATS)
    known = FORMATS[dataset.format]
    own = catalog.name_and_variant(name)[0].endswith(".toml")
    root = _root(dataset, data, file if own else None)
    folder = root / dataset.folder
    dataset = as_found(dataset, folder)
    data_root = DataRoot(root, world.is_synthetic(folder))
    splits = tuple(
        _allowed(known.report(dataset, data_root, split, images=images), allow)
        for split in dataset.splits
    )
    measured_too = _measured_too(dataset, splits)
    if not (data_root.synthetic or catalog.is_published(dataset)):
        splits = _with_neighbours(dataset, splits, allow)
    there = any(split.parts for split in splits)
    near = "" if there else elsewhere(dataset, root, *known.marks)
    return Report(
        dataset.name,
        dataset.title,
        str(folder),
        synthetic=data_root.synthetic,
        hint="" if there else f"{dataset.name}: {near}." if near else _nothing(dataset, root),
        splits=() if near else splits,
        notes=(*measured_too, *_of_names(dataset, faults)),
        spec=dataset,
    )


def _of_names(dataset: DatasetSpec, faults: Sequence[Fault]) -> list[Fault]:
    """Return what a person should look at in what a file of one's own says of its keypoints."""
    if not is_own(dataset):
        return []
    no_sigmas = [NO_SIGMAS] if dataset.sigmas is None else []
    no_pairs = let_pass(mirrored_faults(dataset.keypoints, dataset.flip_pairs), [NO_PAIRS])
    return [*faults, *no_sigmas, *no_pairs]


def _of_run(run: Path, data: str | None) -> tuple[str, str | None]:
    """Return the dataset that a run was measured on, and where its data are."""
    spec, _, state = folder_of_run.read(run)
    own_file = run / run_folders.DATASET
    return str(own_file) if own_file.is_file() else spec.dataset, data or state.options.data


def _measured_too(dataset: DatasetSpec, splits: Sequence[SplitReport]) -> list[Fault]:
    """Return which images that may be measured are trained on too: by its tasks, or as named."""
    pairs = _pairs(dataset)
    images = {split.name: split.images for split in splits}
    renamed = not catalog.is_published(dataset)
    faults = []
    for training, measured in sorted(pairs):
        paths = images.get(measured, ())
        if both := shared_images.shared(images.get(training, ()), paths, renamed=renamed):
            words = shared_images.in_words(both, len(paths))
            faults.append(replace(stated(f"{training} and {measured}: {words}"), fatal=False))
    return faults


def _pairs(dataset: DatasetSpec) -> set[tuple[str, str]]:
    """Return which split is trained on and which is measured then: by its tasks, or as named."""
    tasks = [catalog.load_task(name) for name in catalog.names("tasks")]
    known = [task.protocol for task in tasks if task.dataset == dataset.name]
    pairs = {(protocol.train_split, protocol.split) for protocol in known}
    return pairs or {(TRAIN, name) for name in dataset.splits if name != TRAIN}


def _with_neighbours(
    dataset: DatasetSpec, splits: Sequence[SplitReport], allow: tuple[str, ...]
) -> tuple[SplitReport, ...]:
    """Return splits with what is wrong where their images are frames beside those trained on."""
    images = {split.name: split.images for split in splits}
    found: dict[str, list[Fault]] = {}
    for training, measured in sorted(_pairs(dataset)):
        sides = images.get(training, ()), images.get(measured, ())
        found.setdefault(measured, []).extend(neighbours.faults(*sides, grouped=dataset.grouped))
    return tuple(
        replace(one, faults=(*one.faults, *let_pass(found.get(one.name, []), allow)))
        for one in splits
    )


def _allowed(split: SplitReport, allow: tuple[str, ...]) -> SplitReport:
    return replace(split, faults=tuple(let_pass(split.faults, allow)))


def _root(dataset: DatasetSpec, data: str | None, toml: Path | None) -> Path:
    """Return the folder of datasets: of one's own, that of its TOML where none is named."""
    if data is None and toml is not None and (folder := own_folder(dataset, toml)):
        return folder
    if (data or os.environ.get("HRBENCH_DATA")) == BUILTIN:
        tasks = [catalog.load_task(task, builtin=True) for task in catalog.names("tasks")]
        sets = [task.builtin for task in tasks if task.dataset == dataset.name]
        return locate(dataset, data, sets[0] if sets else None).folder
    return folder_of(dataset, data) or DEFAULT


def _nothing(dataset: DatasetSpec, root: Path) -> str:
    by_name = f" `hrbench fetch {dataset.name}` gets it, or says how." if dataset.downloads else ""
    return (
        f"Nothing of {dataset.name} is in {root / dataset.folder}. If it lies elsewhere, name "
        f"{holder(dataset)} with --data.{by_name}"
    )
