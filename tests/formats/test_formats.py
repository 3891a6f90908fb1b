"""Formats as objects: what they share, a release read by its own, and one that a test adds."""

import ast
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dots import ANNOTATIONS, BRIEF, DATASET, NAMES, TASK, edit_toml, write_dots
from drawn import nodes
from worlds import release_of_300w, small_world

import hrbench
from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands.check.check import check
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.faults import Fault, fault_of
from hrbench.data.sample import People, unlabelled
from hrbench.errors import DataError, UnknownNameError
from hrbench.formats import location, split_files
from hrbench.formats.contract import ClipFormat, PeopleFormat, PictureFormat
from hrbench.formats.listing import Listed, Listing, SplitFile
from hrbench.formats.registry import FORMATS, format_of
from hrbench.geometry import crop_of_boxes
from hrbench.metrics.people import Truth
from hrbench.spec import DatasetSpec, LandmarkTask, Split


def test_every_dataset_has_a_format_that_is_known() -> None:
    used = {catalog.load_dataset(name).format for name in catalog.names("datasets")}
    assert used == set(FORMATS)


def test_a_format_that_no_task_is_trained_on_reads_beside_others() -> None:
    kinds = (PeopleFormat, PictureFormat, ClipFormat)
    others = {name for name, known in FORMATS.items() if not isinstance(known, kinds)}
    assert others == {name for name, known in FORMATS.items() if known.beside is not None}


def test_a_format_of_another_sort_is_named_with_those_that_could_be() -> None:
    with pytest.raises(UnknownNameError, match="no format in imagenet is called 'imagenet'"):
        format_of(catalog.load_dataset("imagenet"), PeopleFormat)


def test_no_module_compares_a_datasets_format_with_a_name() -> None:
    root = Path(hrbench.__file__).parent
    compared = [
        f"{path}:{node.lineno}" for path, node in nodes(root, ast.Compare) if is_of_a_format(node)
    ]
    assert compared == []


def is_of_a_format(node: ast.Compare) -> bool:
    """Whether it is `dataset.format == "coco"` or the like."""
    sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
    literal = any(isinstance(part, ast.Constant) for part in ast.walk(node))
    return literal and any(side.endswith("dataset.format") for side in sides)


def test_a_comparison_with_a_name_is_seen() -> None:
    seen = {
        words: is_of_a_format(node)
        for words in (
            "dataset.format == 'coco'",
            "self.dataset.format in {'coco', 'mpii'}",
            "dataset.format not in FORMATS",
            "image.format != 'JPEG'",
        )
        if isinstance(node := ast.parse(words, mode="eval").body, ast.Compare)
    }
    assert list(seen.values()) == [True, True, False, False]


# A folder is its own format's.


def test_a_release_of_pts_files_is_looked_at_as_a_folder(tmp_path: Path) -> None:
    root = release_of_300w(small_world(16, "300w"), tmp_path)
    split = next(s for s in check("300w", str(root), images=False).splits if s.name == "challenge")
    part = split.parts[0]
    files = list((root / "300w" / "ibug").glob("*.pts"))
    assert (part.place, part.sha256) == ("ibug", None)
    assert part.bytes == sum(file.stat().st_size for file in files)
    assert part.facts["persons"] == len(files)
    assert "SHA-256" not in part.text()
    assert split.usable


@pytest.mark.parametrize(
    ("name", "split"), [("coco", "val2017"), ("mpii", "val"), ("wflw", "test"), ("cofw", "test")]
)
def test_a_folder_in_the_place_of_a_file_is_no_release(
    name: str, split: str, tmp_path: Path
) -> None:
    dataset = catalog.load_dataset(name)
    place = dataset.splits[split].annotations
    (tmp_path / dataset.folder / place).mkdir(parents=True)
    looked = check(name, str(tmp_path), images=False).splits
    found = next(one for one in looked if one.name == split)
    assert "cannot be read: Is a directory" in found.faults[0].kind
    assert (found.parts[0].words, found.parts[0].sha256) == ("not usable", None)


# A format that is added: a line of an image's name and numbers for each object.


def content_of(file: Path, images: Path) -> tuple[People | None, list[Fault]]:
    rows = [line.split() for line in file.read_text("utf-8").splitlines()]
    if odd := [row[0] for row in rows if len(row) != 1 + 2 * len(NAMES)]:
        return None, fault_of("lines that are not a name and six numbers", odd)
    points = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, len(NAMES), 2)
    low, high = points.min(axis=1), points.max(axis=1)
    boxes = np.concatenate([low, high - low], axis=1)
    paths = [images / row[0] for row in rows]
    crops = crop_of_boxes(boxes, aspect=1.0)
    people = unlabelled(paths, np.arange(len(rows)), boxes, crops, len(NAMES))
    return replace(people, keypoints=points, visible=np.ones_like(people.visible)), []


def read(name: str, dataset: DatasetSpec, data_root: location.DataRoot) -> tuple[People, Path]:
    split = dataset.splits[name]
    file = location.require(dataset, data_root.folder, split.annotations)
    images = location.require(dataset, data_root.folder, *split.images)
    people, faults = content_of(file, images)
    if people is None:
        raise DataError(str(faults[0]))
    return people, file


def training(spec: LandmarkTask, dataset: DatasetSpec, data_root: location.DataRoot) -> People:
    return read(spec.protocol.train_split, dataset, data_root)[0]


def evaluation(
    spec: LandmarkTask,
    dataset: DatasetSpec,
    data_root: location.DataRoot,
    *,
    boxes: str,
    limit: int | None,
) -> LandmarkEvaluation:
    assert boxes == "gt"
    everyone, file = read(spec.protocol.split, dataset, data_root)
    people = everyone.in_images(everyone.image_ids[:limit])
    truth = Truth(
        ids=people.ids,
        image_ids=people.image,
        keypoints=people.keypoints,
        visibility=2 * people.visible.astype(np.int64),
        num_keypoints=people.visible.sum(axis=1),
        areas=people.boxes[:, 2:].prod(axis=1),
        boxes=people.boxes,
        crowd=np.zeros(len(people), dtype=np.bool_),
    )
    return LandmarkEvaluation(
        people=people,
        truth=truth,
        image_ids=people.image_ids,
        evaluated=len(people),
        expected=len(everyone),
        fingerprint=location.fingerprint([file]),
    )


def listing(file: SplitFile, _: DatasetSpec, __: Split) -> Listed:
    people, faults = content_of(file.path, Path())
    if people is None:
        return None, faults
    names = tuple(path.as_posix() for path in people.images)
    return Listing(names, None, len(people), len(people), people=people), faults


LINES = PeopleFormat(
    report=partial(split_files.report, listing=listing),
    listing=listing,
    training=training,
    evaluation=evaluation,
    truth=Truth,
)


@pytest.fixture
def dots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset of the format, its task and its files."""
    monkeypatch.setitem(FORMATS, "lines", LINES)
    folder = write_dots(tmp_path / "dots")
    content = json.loads((folder / ANNOTATIONS).read_text("utf-8"))
    names = {image["id"]: image["file_name"] for image in content["images"]}
    rows = []
    for row in content["annotations"]:
        numbers = np.array(row["keypoints"]).reshape(-1, 3)[:, :2].ravel()
        rows.append(" ".join([names[row["image_id"]], *map(str, numbers)]))
    for name, part in (("train", rows[:8]), ("val", rows[8:])):
        (folder / f"{name}.txt").write_text("\n".join(part), "utf-8")

    def ours(said: dict[str, Any]) -> None:
        splits = {name: {"annotations": f"{name}.txt", "images": ["."]} for name in said["splits"]}
        said.update(format="lines", splits=splits)

    edit_toml(folder / DATASET, ours)
    return folder


def test_a_format_that_is_added_is_trained_on_and_measured(dots: Path, tmp_path: Path) -> None:
    options = Options(data=str(dots), out=str(tmp_path / "runs"), overrides=BRIEF, workers=0)
    done = running.run(f"{dots / TASK}@tiny", options)
    assert done is not None
    record, _ = done
    assert (record.n.evaluated, record.n.expected) == (2, 2)
    assert record.metrics["NME"].value is not None
    assert record.weights.seen_datasets == ("dots/train",)


def test_a_format_that_is_added_is_checked(dots: Path) -> None:
    file = dots / DATASET
    report = check(str(file), str(dots), images=True)
    assert report.usable == ("train", "val")
    assert report.splits[1].parts[0].facts["persons"] == 2
    (dots / "val.txt").write_text("images/0.png 1 2 3\n", "utf-8")
    (dots / "images" / "1.png").write_bytes(b"")
    train, val = check(str(file), str(dots), images=False).splits
    assert str(val.faults[0]) == "lines that are not a name and six numbers: 1 (images/0.png)"
    assert "image files of 0 bytes: 1 (images/1.png)" in map(str, train.faults)
