"""Classification on the whole road: trees of folders, crops, what a run leaves and starts."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat
from worlds import small_classifier, small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands import score as scoring
from hrbench.errors import RunError, WeightsError
from hrbench.report import predictions
from hrbench.report.predictions import ClassPredictions
from hrbench.report.record import RunRecord

TINY = "imagenet@tiny"
CLASSES = ("n01440764", "n02708093", "n07753592")  # a fish, a clock, a banana
COLORS = ((200, 40, 40), (40, 200, 40), (40, 40, 200))
SMALL = ("model.input=[64, 64]", "recipe.batch_size=8", "recipe.epochs=1")
LEARNING = ("recipe.optimizer=adam", "recipe.lr=3e-3", "recipe.epochs=8", "recipe.milestones=[6]")
TRAINED, MEASURED = 16, 4  # pictures of a class


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("imagenet-tree")
    rng = np.random.default_rng(0)
    for split, count in (("train", TRAINED), ("val", MEASURED)):
        for name, color in zip(CLASSES, COLORS, strict=True):
            folder = root / "imagenet" / "images" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                size = (int(rng.integers(70, 120)), int(rng.integers(70, 120)), 3)
                noise = rng.normal(color, 30, size).clip(0, 255).astype(np.uint8)
                Image.fromarray(noise).save(folder / f"{name}_{number}.JPEG")
    return root


def ran(task: str, out: Path, data: Path, **options: object) -> tuple[RunRecord, Path]:
    done = running.run(task, Options(data=str(data), out=str(out), workers=0, **options))  # type: ignore[arg-type]
    assert done is not None
    return done


def figures(record: RunRecord) -> dict[str, float | None]:
    return {name: found.value for name, found in record.metrics.items()}


def test_a_run_leaves_the_five_likeliest_classes(data: Path, tmp_path: Path) -> None:
    weights = str(small_classifier(TINY))
    record, folder = ran(TINY, tmp_path, data, weights=weights)
    found = predictions.read(folder, ClassPredictions)
    assert found.labels.shape == (len(CLASSES) * MEASURED, 5)
    assert (np.diff(found.scores, axis=1) <= 0).all()
    assert set(record.metrics) == {"top-1", "top-5"}
    assert not record.complete  # the real set has 50,000
    assert "3 of the 1000 classes of imagenet are there." in record.notes
    assert cv2.imread(str(folder / "predictions.png")) is not None
    assert figures(scoring.score(folder)) == figures(record)


def test_ten_crops_and_other_resizing_are_other_protocols(data: Path, tmp_path: Path) -> None:
    weights = str(small_classifier(TINY))
    plain, first = ran(TINY, tmp_path, data, weights=weights)
    ten, second = ran(TINY, tmp_path, data, weights=weights, tta=True)
    timm, third = ran(
        TINY,
        tmp_path,
        data,
        weights=weights,
        overrides=("protocol.crop_share=0.95", "protocol.interpolation=bicubic"),
    )
    assert [r.protocol["tta"] for r in (plain, ten)] == ["none", "ten-crop"]
    assert not ten.modified
    assert timm.modified
    scores = [predictions.read(f, ClassPredictions).scores for f in (first, second, third)]
    assert not np.array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])


def test_a_flat_folder_with_the_development_kit_is_the_same_set(data: Path, tmp_path: Path) -> None:
    root = tmp_path / "flat" / "imagenet"
    (root / "val").mkdir(parents=True)
    (root / "train").symlink_to(data / "imagenet/images/train")
    kit = root / "ILSVRC2012_devkit_t12" / "data"
    kit.mkdir(parents=True)
    numbers = {CLASSES[0]: 3, CLASSES[1]: 1, CLASSES[2]: 2}  # not in the order of the names
    lines, count = [], 0
    for name in CLASSES:
        for path in sorted((data / "imagenet/images/val" / name).iterdir()):
            count += 1
            (root / "val" / f"ILSVRC2012_val_{count:08}.JPEG").symlink_to(path)
            lines.append(numbers[name])
    (kit / "ILSVRC2012_validation_ground_truth.txt").write_text("\n".join(map(str, lines)) + "\n")
    kinds = [("ILSVRC2012_ID", "O"), ("WNID", "O")]
    table = np.array([(number, name) for name, number in numbers.items()], dtype=kinds)
    savemat(str(kit / "meta.mat"), {"synsets": table[:, None]})
    weights = str(small_classifier(TINY))
    tree, one = ran(TINY, tmp_path, data, weights=weights)
    flat, other = ran(TINY, tmp_path, tmp_path / "flat", weights=weights)
    assert figures(flat) == figures(tree)
    both = [predictions.read(folder, ClassPredictions) for folder in (one, other)]
    assert np.array_equal(both[0].labels, both[1].labels)


def test_training_learns_three_colours(data: Path, tmp_path: Path) -> None:
    record, _ = ran(TINY, tmp_path, data, overrides=(*SMALL, *LEARNING))
    assert (record.metrics["top-1"].value or 0) > 60


def test_a_limit_takes_pictures_of_all_classes(data: Path, tmp_path: Path) -> None:
    record, _ = ran(TINY, tmp_path, data, weights=str(small_classifier(TINY)), limit=3)
    assert record.n.evaluated == 3
    named = record.groups["class"]
    assert isinstance(named, dict)
    assert len(named) == 3


def test_weights_of_another_kind_are_refused(data: Path, tmp_path: Path) -> None:
    lifter = tmp_path / "other.pt"
    torch.save({"network": {"head.w1.weight": torch.zeros(2, 2)}}, lifter)
    with pytest.raises(WeightsError):
        ran(TINY, tmp_path, data, weights=str(lifter))


def test_pictures_are_cut_to_squares(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"model\.input: pictures are cut to squares"):
        ran(TINY, tmp_path, data, overrides=("model.input=[64, 96]",))


def test_a_task_of_keypoints_has_no_classes(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="tells classes apart"):
        ran(TINY, tmp_path, data, overrides=("dataset=coco",))


def test_the_names_of_a_thousand_classes_differ() -> None:
    classes = catalog.load_dataset("imagenet").classes
    assert len(classes) == len(set(classes.values())) == 1000
    assert list(classes) == sorted(classes)


def test_a_classifier_of_ours_starts_a_pose_training(data: Path, tmp_path: Path) -> None:
    _, folder = ran(TINY, tmp_path, data, overrides=SMALL)
    best = str(folder / "checkpoints" / "best.pt")
    record, pose = ran(
        "coco-pose@tiny",
        tmp_path,
        small_world(),
        init=best,
        overrides=("recipe.epochs=1", "recipe.batch_size=8"),
    )
    assert record.weights.init.startswith("hrbench:")
    trained = torch.load(pose / "checkpoints" / "best.pt", weights_only=True)["network"]
    start = torch.load(best, weights_only=True)["network"]
    name = "backbone.conv1.weight"
    assert trained[name].shape == start[name].shape
    assert (trained[name] - start[name]).abs().mean() < start[name].abs().mean()
