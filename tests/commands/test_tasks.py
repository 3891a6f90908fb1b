"""The tasks besides coco-pose from files to record: on real slices and on small worlds."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.command import called
from golden import recipe
from golden.ledger import Ledger
from numpy.typing import NDArray
from scipy.io import loadmat
from shared import need_shared
from specs import landmark_task
from worlds import (
    SMALL,
    WFLW_FLAGS,
    ran,
    real_mpii,
    release_of_300w,
    release_of_wflw,
    small_weights,
    small_world,
)

from hrbench import catalog, world
from hrbench.backbone.registry import BACKBONES
from hrbench.commands import score as scoring
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.location import DataRoot
from hrbench.formats.registry import format_of
from hrbench.report import predictions, runs
from hrbench.report.predictions import Predictions
from hrbench.report.record import RunRecord

IMAGES = 24
FACES = ("300w", "wflw", "cofw", "aflw")
FIGURES = {
    "mpii-pose": {"PCKh@0.5", "PCKh@0.1", "PCKh@0.1 (official code)", "PCKh@0.5:shoulder"},
    "crowdpose": {"AP", "AP50", "AP75", "AR", "AP_easy", "AP_medium", "AP_hard"},
    "300w": {"NME", "NME (inter-pupil)", "FR@0.08", "FR@0.10", "AUC@0.08", "AUC@0.10"},
}


def small(dataset: str) -> Path:
    return small_world(IMAGES, dataset)


def value(record: RunRecord, name: str) -> float:
    found = record.metrics[name].value
    assert found is not None
    return found


def groups(record: RunRecord) -> Any:
    return record.groups


# Weights in the official layout on the real slices.


def require_partial(record: RunRecord, evaluated: int, expected: int) -> None:
    """Check that all figures are there, of a part of the split."""
    assert not record.complete
    assert not record.synthetic
    assert (record.n.evaluated, record.n.expected) == (evaluated, expected)
    assert FIGURES[record.task] <= set(record.metrics)
    for name, metric in record.metrics.items():
        assert metric.reason if metric.value is None else math.isfinite(metric.value), name
    first = next(iter(record.metrics.values()))
    assert first.value is not None


def test_mpii_runs_on_the_real_slice(golden: Ledger, tmp_path: Path) -> None:
    description = golden.json("pose_core/net_hrnet_w32_mpii_256x256.json.gz")
    file = recipe.official_checkpoint(description, tmp_path / "pose_hrnet_w32.pth")
    record, folder = ran(
        "mpii-pose", tmp_path, data=str(real_mpii(tmp_path / "data")), weights=str(file)
    )
    require_partial(record, 5, 2958)
    assert record.variant == "w32-256x256"
    assert len(groups(record)["curve"]["thresholds"]) == 51
    assert predictions.read(folder, Predictions).keypoints.shape == (5, 16, 2)


@pytest.mark.parametrize(
    ("boxes", "evaluated"), [("gt", 2), ("json/test_crowdpose_det_AP_40.json", 2)]
)
def test_crowdpose_runs_on_the_real_slice(
    boxes: str, evaluated: int, golden: Ledger, tmp_path: Path
) -> None:
    description: Any = golden.json("pose_core/net_hrnet_w32_coco_256x192.json.gz")
    shapes = [
        (name, [14, *shape[1:]] if name.startswith("final_layer") else shape)
        for name, shape in description["state_dict"]
    ]
    file = recipe.official_checkpoint({"state_dict": shapes}, tmp_path / "crowdpose.pth")
    real = need_shared() / "real"
    named = boxes if boxes == "gt" else str(real / "crowdpose" / boxes)
    record, _ = ran("crowdpose", tmp_path, data=str(real), weights=str(file), boxes=named, limit=2)
    require_partial(record, evaluated, 8000)
    assert record.protocol["boxes"] == Path(boxes).name
    assert {"error", "keypoint_error", "overlap", "crowding_error"} <= set(groups(record))


@pytest.mark.parametrize(
    ("overrides", "pixels"), [((), "official"), (("protocol.pixels=clean",), "clean")]
)
def test_published_face_weights_are_measured_by_the_official_pixels(
    overrides: tuple[str, ...], pixels: str, golden: Ledger, tmp_path: Path
) -> None:
    description = golden.json("rest/face/net_300w.json.gz")
    file = recipe.official_checkpoint(description, tmp_path / "HR18-300W.pth")
    record, _ = ran(
        "300w",
        tmp_path,
        data=str(need_shared() / "real"),
        weights=str(file),
        split="test",
        overrides=overrides,
    )
    require_partial(record, 2, 600)
    assert record.protocol["pixels"] == pixels
    assert not record.modified
    assert len(groups(record)["curve"]["thresholds"]) == 101


# MPII on a small world.


def test_mpii_without_heads_trains_and_is_scored_when_they_are_there(tmp_path: Path) -> None:
    data = Path(shutil.copytree(small("mpii"), tmp_path / "data"))
    heads = data / "mpii" / "annot" / "gt_valid.mat"
    heads.rename(tmp_path / "kept.mat")
    record, folder = ran("mpii-pose@tiny", tmp_path, data=str(data), overrides=SMALL)
    assert record.weights.origin == "trained"
    assert list(record.metrics) == ["PCKh@0.5"]
    headline = record.metrics["PCKh@0.5"]
    assert headline.value is None
    assert str(heads) in str(headline.reason)
    assert "does not exist" in str(headline.reason)
    (tmp_path / "kept.mat").rename(heads)
    again = scoring.score(folder)
    assert value(again, "PCKh@0.5") >= 0
    assert runs.read(folder).metrics == again.metrics


def test_mpii_s_test_split_is_written_for_the_server(tmp_path: Path) -> None:
    weights = str(small_weights("mpii-pose@tiny"))
    data = str(small("mpii"))
    record, folder = ran("mpii-pose@tiny", tmp_path, data=data, weights=weights, split="test")
    assert record.metrics["PCKh@0.5"].value is None
    assert "hidden" in str(record.metrics["PCKh@0.5"].reason)
    found = predictions.read(folder, Predictions).keypoints
    written = loadmat(str(folder / "pred.mat"))["preds"]
    assert written.shape == (record.n.evaluated, 16, 2)
    assert (written == found + 1).all()


def test_several_scales_are_predicted_on_and_stand_in_the_record(tmp_path: Path) -> None:
    options = {"data": str(small("mpii")), "weights": str(small_weights("mpii-pose@tiny"))}
    one, plain = ran("mpii-pose@tiny", tmp_path, **options)
    same, _ = ran("mpii-pose@tiny", tmp_path, **options, overrides=("protocol.scales=[1.0]",))
    assert value(same, "PCKh@0.5") == pytest.approx(value(one, "PCKh@0.5"), abs=5)
    scales = ("protocol.scales=[0.8, 1.0, 1.2]",)
    record, folder = ran("mpii-pose@tiny", tmp_path, **options, overrides=scales)
    assert record.protocol["scales"] == [0.8, 1.0, 1.2]
    assert record.modified
    found, before = predictions.read(folder, Predictions), predictions.read(plain, Predictions)
    assert found.keypoints.shape == before.keypoints.shape
    assert np.isfinite(found.keypoints).all()
    assert (found.keypoints != before.keypoints).any()


# Faces on small worlds.

SUBSETS = {
    "300w": ("common", "challenge", "test"),
    "wflw": WFLW_FLAGS,
    "cofw": (),
    "aflw": ("frontal",),
}


@pytest.mark.parametrize("task", FACES)
def test_faces_are_trained_on_and_measured_by_every_split(task: str, tmp_path: Path) -> None:
    data = str(small(task))
    record, folder = ran(f"{task}@tiny", tmp_path, data=data, overrides=SMALL)
    assert record.synthetic
    assert record.complete
    assert record.weights.init == "random"
    assert 0 < value(record, "NME") < 1000
    assert set(groups(record)["keypoint"]) == set(catalog.load_dataset(task).keypoints)
    weights = str(folder / "checkpoints" / "last.pt")
    options = {"data": data, "weights": weights, "overrides": SMALL}
    parts = {
        split: ran(f"{task}@tiny", tmp_path, **options, split=split)[0] for split in SUBSETS[task]
    }
    for split, part in parts.items():
        assert part.dataset.split == split
        assert part.protocol["pixels"] == "clean"
        assert value(part, "NME") > 0
    if task == "300w":
        common, challenge = parts["common"], parts["challenge"]
        assert common.n.evaluated + challenge.n.evaluated == record.n.evaluated
        total = sum(value(part, "NME") * part.n.evaluated for part in (common, challenge))
        assert total / record.n.evaluated == pytest.approx(value(record, "NME"), rel=1e-6)


def test_a_classification_checkpoint_starts_the_backbone_and_its_tensors_are_counted(
    golden: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description: Any = golden.json("rest/face/net_300w.json.gz")
    names = [(n, tuple(s)) for n, s in description["state_dict"] if not n.startswith("head.")]
    head = [("classifier.weight", (1000, 2048)), ("classifier.bias", (1000,))]
    file = tmp_path / "hrnetv2_w18_imagenet_pretrained.pth"
    torch.save(recipe.golden_state([*names, *head]), file)
    record, _ = ran(
        "300w@w18-256x256",
        tmp_path / "out",
        data=str(small("300w")),
        init=str(file),
        overrides=(*SMALL, "model.input=[64, 64]"),
    )
    assert record.weights.init.startswith("classification:")
    total = len(BACKBONES["hrnet-w18"].make(4, "bilinear").state_dict())
    assert total == len(names)
    assert f"all {total} tensors of the backbone loaded" in capsys.readouterr().err


# The original releases in place of the CSV files.


def evaluation_of(task: str, root: Path, split: str) -> LandmarkEvaluation:
    spec = landmark_task(task, [f"protocol.split={split}"])
    dataset = catalog.load_dataset(spec.dataset)
    data_root = DataRoot(root, synthetic=False)
    return format_of(dataset, PeopleFormat).evaluation(
        spec, dataset, data_root, boxes="gt", limit=None
    )


def require_equal(
    one: LandmarkEvaluation, other: LandmarkEvaluation, name: Callable[[Path], str]
) -> None:
    """Check that two evaluations are of the same faces; `name` is what both call an image."""
    first, second = (order(each, name) for each in (one, other))
    assert [name(one.people.images[i]) for i in one.people.image[first]] == [
        name(other.people.images[i]) for i in other.people.image[second]
    ]
    for column in ("boxes", "centers", "scales", "keypoints", "visible"):
        here, there = getattr(one.people, column)[first], getattr(other.people, column)[second]
        assert here.dtype == there.dtype
        assert np.array_equal(here, there), column
    for normaliser, sizes in one.truth.normalisers.items():
        assert np.array_equal(sizes[first], other.truth.normalisers[normaliser][second])
    assert list(one.truth.subsets) == list(other.truth.subsets)
    for subset, inside in one.truth.subsets.items():
        assert np.array_equal(inside[first], other.truth.subsets[subset][second])
    assert one.evaluated == other.evaluated > 0


def order(looked: LandmarkEvaluation, name: Callable[[Path], str]) -> NDArray[np.int64]:
    return np.argsort([name(looked.people.images[image]) for image in looked.people.image])


@pytest.mark.parametrize("split", ["common", "challenge", "full", "test"])
def test_pts_files_are_measured_as_the_csv(split: str, tmp_path: Path) -> None:
    released = release_of_300w(small("300w"), tmp_path)

    def name(path: Path) -> str:
        return path.name if "-" in path.name else f"{path.parent.name}-{path.name}"

    require_equal(
        evaluation_of("300w", small("300w"), split), evaluation_of("300w", released, split), name
    )


@pytest.mark.parametrize(
    ("dataset", "split", "subsets"),
    [("300w", "full", ("common", "challenge")), ("wflw", "test", WFLW_FLAGS)],
)
def test_the_faces_of_subsets_are_known_in_their_split(
    dataset: str, split: str, subsets: tuple[str, ...]
) -> None:
    whole = evaluation_of(dataset, small(dataset), split)
    assert list(whole.truth.subsets) == list(subsets)
    for subset, inside in whole.truth.subsets.items():
        part = evaluation_of(dataset, small(dataset), subset)
        assert 0 < len(part) < len(whole)
        assert np.array_equal(whole.people.keypoints[inside], part.people.keypoints)


def test_the_names_of_pts_files_may_be_in_capitals(tmp_path: Path) -> None:
    released = release_of_300w(small("300w"), tmp_path)
    before = evaluation_of("300w", released, "challenge")
    for path in list(released.rglob("*.pts")):
        path.rename(path.with_suffix(".PTS"))
    after = evaluation_of("300w", released, "challenge")
    assert after.fingerprint == before.fingerprint
    assert np.array_equal(after.people.keypoints, before.people.keypoints)


@pytest.mark.parametrize("split", ["test", *WFLW_FLAGS])
def test_the_list_of_wflw_is_measured_as_the_csv(split: str, tmp_path: Path) -> None:
    released = release_of_wflw(small("wflw"), tmp_path)
    csv, own = (evaluation_of("wflw", root, split) for root in (small("wflw"), released))
    require_equal(csv, own, lambda path: path.name)
    assert {path.parent.parent.name for path in own.people.images} == {"WFLW_images"}


def test_a_release_is_run_as_the_csv_is(tmp_path: Path) -> None:
    released = release_of_300w(small("300w"), tmp_path / "data")
    weights = str(small_weights("300w@tiny"))
    records = [
        ran("300w@tiny", tmp_path, data=str(data), weights=weights, split="challenge")[0]
        for data in (small("300w"), released)
    ]
    assert value(records[1], "NME") == pytest.approx(value(records[0], "NME"), rel=1e-6)
    assert (records[0].synthetic, records[1].synthetic) == (True, False)
    assert not records[1].complete  # of 135


# `check` on what `make` writes.


@pytest.mark.parametrize("dataset", world.WRITERS)
def test_check_finds_no_fault_in_a_small_world(dataset: str, tmp_path: Path) -> None:
    # Of 24 images for training one is for COCO's test-dev, and nobody is detected in it.
    data = small_world(48 if dataset == "coco" else IMAGES, dataset)
    ended = called(tmp_path, "check", dataset, "--data", str(data), "--images")
    assert ended.status == 0, ended.out
    words = " ".join(ended.out.split())
    assert "not usable" not in words
    assert "missing" not in words
    assert words.endswith(f"usable: {', '.join(catalog.load_dataset(dataset).splits)}")


def test_check_reads_the_original_releases(tmp_path: Path) -> None:
    release_of_300w(small("300w"), tmp_path)
    release_of_wflw(small("wflw"), tmp_path)
    for dataset, usable in {
        "300w": "usable: full, common, challenge, test",
        "wflw": f"usable: test, {', '.join(WFLW_FLAGS)}",
    }.items():
        ended = called(tmp_path, "check", dataset, "--data", str(tmp_path), "--images")
        assert "fatal" not in ended.out
        assert usable in " ".join(ended.out.split())
