"""Small trees of data for the tests of the whole road."""

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cli.command import scratch
from shared import need_shared
from specs import landmark_task

from hrbench import catalog, network, world
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.formats.location import DataRoot
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.kinds.registry import task_of
from hrbench.report import predictions
from hrbench.report.predictions import Predictions
from hrbench.report.record import RunRecord
from hrbench.road.resolve import resolve
from hrbench.spec import ClassificationTask, LiftingTask

OFF = 0.02  # of a box's height: how far keypoints are moved from the truth
SMALL = ("recipe.epochs=1", "recipe.batch_size=8", "protocol.flip_test=false")
HELEN, LFPW, IBUG, INDOOR, OUTDOOR = (  # folders of the release of 300-W
    *("helen/testset", "lfpw/testset", "ibug", "300W/01_Indoor", "300W/02_Outdoor"),
)
WFLW_LIST = "WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_test.txt"
WFLW_FLAGS = ("largepose", "expression", "illumination", "makeup", "occlusion", "blur")


def ran(task: str, out: Path, **options: Any) -> tuple[RunRecord, Path]:
    """A run in this process: its record, and its folder below `out`."""
    done = running.run(task, Options(out=str(out), workers=0, device="cpu", **options))
    assert done is not None
    return done


def near_truth(folder: Path, annotations: Path) -> None:
    """Let a run in annotated boxes have predicted what is annotated, but for some noise.

    Each keypoint has a score of its own, so that poses have an order.
    """
    stored = predictions.read(folder, Predictions)
    people = {
        row["id"]: row["keypoints"]
        for row in json.loads(annotations.read_text("utf-8"))["annotations"]
    }
    triples = np.array([people[sample] for sample in stored.sample_ids.tolist()], dtype=float)
    points = triples.reshape(len(triples), -1, 3)[..., :2]
    rng = np.random.default_rng(0)
    size = OFF * stored.boxes[:, 3] * rng.choice([1, 3], len(points))
    moved = points + rng.normal(0, 1, points.shape) * size[:, None, None]
    scores = rng.uniform(0.3, 1, stored.scores.shape).astype(np.float32)
    replace(stored, keypoints=moved.astype(np.float32), scores=scores).write(folder)


@cache
def small_world(images: int = 16, dataset: str = "coco") -> Path:
    """A synthetic tree, made once for all tests."""
    root = scratch()
    world.make(dataset, root, images=images, size=(128, 128))
    return root


@cache
def small_weights(task: str, *overrides: str) -> Path:
    """A checkpoint of our own with random weights for a task, made once."""
    path = scratch() / "weights.pt"
    spec = landmark_task(task, overrides)
    count = len(catalog.load_dataset(spec.dataset).keypoints)
    built = network.build(spec.model, count, seed=3, initial=spec.recipe.initial)
    torch.save({"network": built.state_dict()}, path)
    return path


@cache
def small_lifter(task: str, *overrides: str) -> Path:
    """A checkpoint of our own with random weights of a lifting task, made once."""
    path = scratch() / "lifter.pt"
    spec = catalog.load_task(task, overrides)
    assert isinstance(spec, LiftingTask)
    torch.save({"network": network.build_lifter(spec.model, seed=3).state_dict()}, path)
    return path


@cache
def small_classifier(task: str, *overrides: str) -> Path:
    """A checkpoint of our own with random weights of a classification task, made once."""
    path = scratch() / "classifier.pt"
    spec = catalog.load_task(task, overrides)
    assert isinstance(spec, ClassificationTask)
    classes = len(catalog.load_dataset(spec.dataset).classes)
    built = network.build_classifier(spec.model, classes, seed=3)
    torch.save({"network": built.state_dict()}, path)
    return path


def real_tree(root: Path, split: str = "val2017") -> Path:
    """A copy of the real slice's files as another split, below `root`."""
    real = need_shared() / "real" / "coco"
    annotations = root / "coco" / "annotations"
    annotations.mkdir(parents=True, exist_ok=True)
    shutil.copy(
        real / "annotations/person_keypoints_val2017.json",
        annotations / f"person_keypoints_{split}.json",
    )
    shutil.copytree(real / "images" / "val2017", root / "coco" / "images" / split)
    return root


def real_mpii(root: Path) -> Path:
    """A copy of the real slice of MPII with the made-up gt_valid.mat, below `root`."""
    shared = need_shared()
    for part in ("annot", "images"):
        shutil.copytree(
            shared / "real" / "mpii" / part, root / "mpii" / part, copy_function=shutil.copyfile
        )
    truth = root / "mpii" / "annot" / "gt_valid.mat"
    shutil.copyfile(shared / "golden/pose_eval/mpii_real_gt_valid.mat", truth)
    return root


def release_of_300w(plain: Path, root: Path) -> Path:
    """The measured splits of a tree of CSV files as iBUG's folders of .pts files."""
    parts = {"valid_common": (HELEN, LFPW), "valid_challenge": (IBUG,), "test": (INDOOR, OUTDOOR)}
    for split, places in parts.items():
        folders = [root / "300w" / place for place in places]
        for folder in folders:
            folder.mkdir(parents=True)
        rows = rows_of(plain / "300w" / f"face_landmarks_300w_{split}.csv")
        for number, row in enumerate(rows):
            image = folders[number % len(folders)] / f"{split}-{Path(row[0]).name}"
            shutil.copyfile(plain / "300w" / "images" / row[0], image)
            image.with_suffix(".pts").write_text(pts(row[4:]), "ascii")
    return root


def pts(numbers: Sequence[str]) -> str:
    """A .pts file of x, y, x, y, ..."""
    points = [f"{x} {y}" for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    return "\n".join(["version: 1", f"n_points:  {len(points)}", "{", *points, "}", ""])


def release_of_wflw(plain: Path, root: Path) -> Path:
    """The test split of a tree of CSV files as WFLW's own list and folder of images."""
    table = "face_landmarks_wflw_test{}.csv"
    members = [
        {row[0] for row in rows_of(plain / "wflw" / table.format(f"_{flag}"))}
        for flag in WFLW_FLAGS
    ]
    lines = []
    for row in rows_of(plain / "wflw" / table.format("")):
        flags = [str(int(row[0] in subset)) for subset in members]
        lines.append(" ".join([*row[4:], "1", "2", "3", "4", *flags, row[0]]))
    path = root / "wflw" / WFLW_LIST
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines) + "\n", "ascii")
    shutil.copytree(plain / "wflw" / "images", root / "wflw" / "WFLW_images")
    return root


def rows_of(path: Path) -> list[list[str]]:
    """The rows of a CSV file below its first line."""
    return list(csv.reader(path.read_text("utf-8").splitlines()))[1:]


def write_json(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
    return path


def landmarks(name: str, data: Path, *overrides: str, **flags: Any) -> Landmarks:
    """The task of keypoints that a run walks."""
    options = Options(data=str(data), overrides=overrides, **flags)
    spec, dataset = resolve(catalog.task_file(name), options)
    task = task_of(spec, dataset, DataRoot(data, synthetic=True), options)
    assert isinstance(task, Landmarks)
    return task
