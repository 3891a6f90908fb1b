"""Every key of the tables recipe, augment and protocol: it changes the result, or is refused."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from cli.command import scratch
from dots import ANNOTATIONS, DATASET, SIGMAS, TASK, edit_json, edit_toml, write_dots
from PIL import Image
from torch import Tensor, nn
from worlds import small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.data.headers import TAG
from hrbench.engine.log import Figure
from hrbench.engine.runtime import Runtime
from hrbench.errors import HrbenchError
from hrbench.formats.location import DataRoot
from hrbench.kinds.landmarks import scoring
from hrbench.kinds.registry import task_of
from hrbench.metrics.named import oks
from hrbench.network import ImageNetwork
from hrbench.road import building, measuring, training
from hrbench.road.resolve import resolve, with_precision
from hrbench.spec import LandmarkTask
from hrbench.spec.task_file import parse_override

CPU = Runtime(torch.device("cpu"))
SAMPLES = 8  # trained on, in two epochs
Values = dict[str, tuple[str, ...]]  # other values, as --set takes them, by dotted key

RECIPE: Values = {
    "optimizer": ("adam", "adamw", "amsgrad", "sgd"),
    "lr": ("0.02",),
    "weight_decay": ("0.1",),
    "schedule": ("milestones", "epochs", "steps", "cosine"),
    "warmup_steps": ("2", "9"),
    "milestones": ("[]", "[1]"),
    "decay": ("0.5",),
    "decay_steps": ("3",),
    "epochs": ("1", "3"),
    "batch_size": ("2",),
    "init": ("random", "imagenet"),
    "precision": ("fp32", "bf16"),
    "validate_every": ("1",),
}
OF_BACKBONES: Values = {
    "layer_decay": ("0.5",),
    "drop_path": ("0.9",),
}
CLIPPED: Values = {"max_norm": ("gradients",)}  # where they are long: those of cross-entropy
OF_KEYPOINTS: Values = OF_BACKBONES | {
    "loss": ("mse", "plain-mse", "ohkm", "cross-entropy", "kl-divergence"),
    "target_weights": ("false", "true"),
    "initial": ("normal", "kaiming"),
}
OF_JOINTS: Values = {
    "loss": ("mse", "mpjpe"),
    "flip": ("false", "true"),
    "max_norm": ("none", "weights", "gradients"),
    "final_momentum": ("0.01",),
}
AUGMENT: Values = {
    "draws": ("normal", "uniform"),
    "scale": ("0.0", "0.3"),
    "rotation": ("0", "60"),
    "rotation_probability": ("0.0", "1.0"),
    "flip": ("0.0", "1.0"),
    "half_body": ("0.0", "1.0"),
    "half_body_above": ("16",),
}
PROTOCOL: Values = {
    "precision": ("fp32", "bf16"),
    "extra_data": ('["aic"]', '["mpii"]'),
}
OF_POSES: Values = {
    "metric": ("oks", "crowdpose", "pckh", "nme", "pixels"),
    "boxes": ("gt", "det"),
    "box_threshold": ("0.9",),
    "padding": ("1.0",),
    "scales": ("[0.8, 1.0]",),
    "pixels": ("clean", "official"),
    "orientation": ("followed",),
    "flip_test": ("false", "true"),
    "flip_shift": ("0", "2"),
    "decoder": ("quarter", "dark", "udp", "simcc"),
    "keypoint_threshold": ("2.5",),
    "nms": ("oks", "soft", "none"),
    "nms_threshold": ("0.9",),
    "normaliser": ("inter-ocular", "inter-pupil", "nonsense"),
}
MAPS = ("model.activation=none", "recipe.loss=mse")  # of values that thresholds tell apart
KINDS: dict[str, tuple[tuple[str, ...], dict[str, Values]]] = {  # what is set first; the tables
    "coco-pose@tiny": (
        (
            *("augment.flip=0.5", "augment.half_body=0.5", "protocol.flip_test=true", *MAPS),
            *("protocol.nms_threshold=1e-6", "recipe.milestones=[1]"),
        ),
        {
            "recipe": RECIPE | OF_KEYPOINTS,
            "augment": AUGMENT,
            "protocol": PROTOCOL
            | OF_POSES
            | {"split": ("train2017", "x"), "train_split": ("val2017", "x")},
        },
    ),
    "coco-pose@tiny-resnet": ((), {"recipe": CLIPPED}),
    "coco-pose@w32-256x192": (
        ("protocol.boxes=gt", "protocol.nms=none", "recipe.milestones=[1]"),
        {
            "recipe": RECIPE | OF_KEYPOINTS,
            "augment": {},
            "protocol": {key: OF_POSES[key] for key in ("box_threshold", "nms_threshold")},
        },
    ),
    "crowdpose@tiny": (
        ("protocol.nms_threshold=1e-6", *MAPS),
        {
            "recipe": {},
            "augment": AUGMENT,
            "protocol": PROTOCOL | OF_POSES | {"split": ("val", "x"), "train_split": ("val", "x")},
        },
    ),
    "mpii-pose@tiny": (
        (),
        {
            "recipe": {},
            "augment": AUGMENT,
            "protocol": PROTOCOL
            | OF_POSES
            | {"split": ("train", "x"), "train_split": ("valid", "x")},
        },
    ),
    "300w@tiny": (
        ("recipe.milestones=[1]",),
        {
            "recipe": RECIPE | OF_KEYPOINTS | CLIPPED,
            "augment": AUGMENT,
            "protocol": PROTOCOL
            | OF_POSES
            | {"split": ("common", "x"), "train_split": ("test", "x")},
        },
    ),
    "300w@w18-256x256": (
        ("protocol.pixels=official", "recipe.milestones=[1]"),
        {
            "recipe": OF_KEYPOINTS,
            "augment": AUGMENT,
            "protocol": {key: OF_POSES[key] for key in ("scales", "decoder", "flip_shift")},
        },
    ),
    "h36m-lift@tiny": (
        (),
        {
            "recipe": RECIPE | OF_JOINTS,
            "protocol": PROTOCOL
            | {
                "metric": ("mpjpe", "pckh"),
                "split": ("train", "x"),
                "train_split": ("test", "x"),
                "keypoints": ("gt", "x"),
                "train_keypoints": ("gt", "x"),
                "joint_map": ("coco-17",),
                "projection": ("videopose3d", "mmpose"),
                "frame_step": ("2",),
                "excluded": ('["S11/Directions 1"]', '["S11/Direktions"]', '["S3/Eating"]'),
                "average": ("frames",),
                "joints": ("16", "14"),
                "root": ("both",),
                "flip_test": ("false",),
            },
        },
    ),
    "h36m-lift@linear": (
        (
            "model.width=16",
            "model.stages=1",
            "protocol.keypoints=gt",
            "protocol.train_keypoints=gt",
        ),
        {
            "recipe": RECIPE | OF_JOINTS,
            "protocol": {
                "joint_map": ("coco-17",),
                "projection": ("videopose3d", "mmpose"),
                "root": ("target",),
                "flip_test": ("true",),
            },
        },
    ),
    "imagenet@tiny": (
        ("recipe.milestones=[1]",),
        {
            "recipe": RECIPE | OF_BACKBONES | CLIPPED | {"loss": ("cross-entropy", "mse")},
            "augment": {"smallest": ("0.9",), "flip": ("0.0", "1.0")},
            "protocol": PROTOCOL
            | {
                "metric": ("accuracy", "top"),
                "split": ("train", "x"),
                "train_split": ("val", "x"),
                "crop_share": ("0.5",),
                "interpolation": ("bicubic",),
                "tta": ("ten-crop",),
            },
        },
    ),
}
OWN: dict[str, Values] = {
    "recipe": RECIPE | OF_KEYPOINTS,
    "augment": AUGMENT,
    "protocol": PROTOCOL | OF_POSES | {"split": ("train", "x"), "train_split": ("val", "x")},
}
SMALL = {  # beside what a kind's own tests are about
    "heatmap": ("model.backbone=hrnet-w8", "model.input=[64, 64]", "model.sigma=1"),
    "classify": ("model.input=[64, 64]",),
}
BRIEF = ("recipe.epochs=2", "recipe.batch_size=4")


@cache
def folder_of(task: str) -> Path:
    """A small synthetic tree whose pictures have a tag that turns them."""
    dataset = catalog.load_dataset(catalog.load_task(task).dataset)
    root = scratch() / "data"
    shutil.copytree(small_world(10, dataset.folder), root)
    for path in root.rglob("*.jpg"):
        turned(path)
    return root


def turned(path: Path) -> None:
    """Write a picture again with the EXIF tag of one that is upside down."""
    exif = Image.Exif()
    exif[TAG] = 3
    with Image.open(path) as image:
        image.load()
    image.save(path, exif=exif.tobytes())


@cache
def own(*, sigmas: bool) -> Path:
    """Two near objects in each noisy picture, some without a nose, sized by their ears."""
    folder = write_dots(scratch() / "dots", images=40)
    rng = np.random.default_rng(0)
    for image in (folder / "images").iterdir():
        cv2.imwrite(str(image), rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
        turned(image)
    edit_json(folder / ANNOTATIONS, _beside)

    def define(said: Any) -> None:
        said["normalisers"] = {"inter-ocular": [["left_ear"], ["right_ear"]]}
        said["normalisers"]["inter-pupil"] = [["left_ear"], ["nose"]]
        said["upper_body"] = ["nose"]
        if sigmas:
            said["sigmas"] = SIGMAS

    edit_toml(folder / DATASET, define)
    return folder


def _beside(said: Any) -> None:
    """Add to each object another one, 4 pixels to the right, without a nose."""
    for number, row in enumerate(list(said["annotations"]), 100):
        flat = [x + 4 * (place % 3 == 0) for place, x in enumerate(row["keypoints"])]
        other = {"id": number, "keypoints": [0, 0, 0, *flat[3:]], "num_keypoints": 2}
        said["annotations"].append(row | other)


class Bench:
    """A task with some keys set: what its training and its figures come to, as one number."""

    def __init__(self, task: str, data: Path, overrides: Sequence[str], out: Path) -> None:
        options = Options(data=str(data), overrides=tuple(overrides), workers=0)
        spec, dataset = resolve(catalog.task_file(task), options)
        self.spec = with_precision(spec, "cpu")
        self.task = task_of(self.spec, dataset, DataRoot(data, synthetic=True), options)
        self.evaluation = self.task.evaluation()
        self.network = self.task.network()
        self.out = out
        self.digest = hashlib.sha256()

    def trained(self) -> str:
        """Train two short epochs; return a digest of all that they leave."""
        start = self.task.training(self.evaluation)
        built = building.build(self.task, self.evaluation, start, CPU)
        assert built.training is not None
        feed = Few(built.training.feed)
        validations: list[int] = []
        self.out.mkdir(parents=True, exist_ok=True)
        trainer = training.trainer_of(self.task, built, feed, CPU, self.out)

        def validate() -> Figure:
            validations.append(1)
            return Figure("AP", float(len(validations)), "%", higher_is_better=True)

        trainer.fit(validate)
        self.add(len(feed.feed), trainer.recipe.epochs, len(validations), built.notes)
        for tensor in built.network.state_dict().values():
            self.add(tensor.numpy().tobytes())
        return self.digest.hexdigest()

    def seen(self) -> str:
        """Return a digest of the crops and targets of some training samples."""
        feed = self.task.training(self.evaluation).feed
        self.add(len(feed))
        rows = [np.arange(len(feed))[:SAMPLES]] * 2
        for batch in feed.batches(rows, 0, workers=0, pin=False):
            for name in batch.__dataclass_fields__:
                self.add(getattr(batch, name).numpy().tobytes())
        return self.digest.hexdigest()

    def measured(self) -> str:
        """Return a digest of the figures that a random network gets."""
        torch.manual_seed(7)
        if isinstance(self.spec, LandmarkTask):  # maps with peaks everywhere, around 1
            count = len(self.task.dataset.keypoints)
            maps = OneBranch(3, count, kernel_size=9, stride=4, padding=4)
            maps.weight.data.normal_(std=0.05)
            self.network = ImageNetwork(self.network.normalise, maps, Finest())
        found = self.task.predictions(self.network, self.evaluation, CPU, workers=0, title="")
        got = measuring.measure(self.task, self.evaluation, found)
        self.add({name: metric.value for name, metric in got.metrics.items()})
        for part in ("keypoints", "scores", "joints", "labels"):
            if hasattr(found, part):
                self.add(getattr(found, part).tobytes())
        if self.spec.protocol.metric in {"oks", "crowdpose"}:
            chosen = oks.selected(scoring.measurable(found), self.task.setting)
            self.add(chosen.kept.tobytes(), chosen.scores.tobytes())
        return self.digest.hexdigest()

    def add(self, *parts: object) -> None:
        for part in parts:
            self.digest.update(part if isinstance(part, bytes) else repr(part).encode())


class OneBranch(nn.Conv2d):
    """A backbone of one convolution."""

    def forward(self, inputs: Tensor) -> list[Tensor]:  # type: ignore[override]  # as backbones do
        return [super().forward(inputs)]


class Finest(nn.Module):
    """A head that answers with the finest branch."""

    def forward(self, branches: list[Tensor]) -> Tensor:
        return branches[0]


class Few:
    """The first samples of a feed."""

    def __init__(self, feed: Any) -> None:
        self.feed = feed

    def __len__(self) -> int:
        return min(SAMPLES, len(self.feed))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.feed, name)


def changes(table: str, values: Values) -> Iterator[tuple[str, str]]:
    for key, others in values.items():
        for other in others:
            yield f"{table}.{key}", other


def silent(
    task: str, data: Path, first: Sequence[str], table: str, values: Values, out: Path
) -> list[str]:
    """Return the settings of a table that are accepted and change nothing.

    `first` is set in any case.
    """
    head = catalog.load_task(task).model.head
    base = (*SMALL.get(head, ()), *first, *BRIEF)
    of = {"recipe": ("trained",), "augment": ("seen",), "protocol": ("measured", "seen")}[table]

    def outcome(number: int, *more: str) -> list[str]:
        return [
            getattr(Bench(task, data, (*base, *more), out / f"{number}-{what}"), what)()
            for what in of
        ]

    spec = with_precision(
        resolve(catalog.task_file(task), Options(data=str(data), overrides=base))[0], "cpu"
    )
    before, found = outcome(0), []
    for number, (key, other) in enumerate(changes(table, values), 1):
        said = parse_override(f"{key}={other}")[table][key.split(".")[1]]
        now = spec.plain()[table].get(key.split(".")[1])
        if said == now:
            continue
        try:
            after = outcome(number, f"{key}={other}")
        except HrbenchError:
            continue
        if after == before:
            found.append(f"{key}={other}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "table"), [(task, table) for task, (_, tables) in KINDS.items() for table in tables]
)
def test_each_key_changes_the_result_or_is_refused(task: str, table: str, tmp_path: Path) -> None:
    first, tables = KINDS[task]
    assert silent(task, folder_of(task), first, table, tables[table], tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("table", list(OWN))
@pytest.mark.parametrize("sigmas", [False, True])
def test_so_does_each_key_of_ones_own_keypoints(sigmas: bool, table: str, tmp_path: Path) -> None:
    folder = own(sigmas=sigmas)
    first = (
        "recipe.milestones=[1]",
        "protocol.orientation=ignored",
        *MAPS,
        *(["protocol.nms_threshold=1e-6"] if sigmas else []),
    )
    assert silent(f"{folder / TASK}@tiny", folder, first, table, OWN[table], tmp_path) == []


@pytest.mark.parametrize("task", list(KINDS))
def test_the_lists_above_lack_no_key(task: str) -> None:
    spec = catalog.load_task(task)
    tables = [KINDS[name][1] for name in KINDS if catalog.load_task(name).dataset == spec.dataset]
    for table in ("recipe", "augment", "protocol"):
        if hasattr(spec, table):
            listed = {
                key
                for values in [*tables, OWN, {"recipe": CLIPPED}]
                for key in values.get(table, {})
            }
            assert set(type(getattr(spec, table)).model_fields) <= listed
