"""Lifting on the whole road: what is lifted, what is measured, what stays comparable."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from mean_pose import mean_joints
from worlds import small_lifter, small_weights, small_world

from hrbench import catalog, network
from hrbench.backbone import weights as checkpoints
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands import score as scoring
from hrbench.engine.execution import EAGER
from hrbench.engine.runtime import Runtime
from hrbench.errors import DataError, RunError, SpecError
from hrbench.formats import location
from hrbench.kinds.lifting import predicting, reading
from hrbench.kinds.lifting.task import Lifting
from hrbench.kinds.registry import task_of
from hrbench.report import predictions
from hrbench.report.predictions import JointPredictions
from hrbench.report.record import RunRecord
from hrbench.road import measuring
from hrbench.road.building import build
from hrbench.spec import LiftingTask

TINY = "h36m-lift@tiny"
DETECTED = "cpn_ft_h36m_dbb"
LINEAR = ("model.width=16", "model.stages=1")


@pytest.fixture(scope="module")
def data() -> Path:
    return small_world(8, "h36m")


def ran(task: str, out: Path, data: Path, **options: object) -> tuple[RunRecord, Path]:
    done = running.run(task, Options(data=str(data), out=str(out), workers=0, **options))  # type: ignore[arg-type]
    assert done is not None
    return done


def value(record: RunRecord, name: str) -> float:
    found = record.metrics[name].value
    assert found is not None
    return found


def only(data: Path, root: Path, *places: str) -> Path:
    """A folder of datasets with some files of Human3.6M alone."""
    (root / "h36m").mkdir(parents=True)
    for place in places:
        (root / "h36m" / place).parent.mkdir(parents=True, exist_ok=True)
        (root / "h36m" / place).symlink_to(data / "h36m" / place)
    return root


def lifting(data: Path, *overrides: str, name: str = TINY) -> Lifting:
    spec = catalog.load_task(name, overrides)
    assert isinstance(spec, LiftingTask)
    data_root = location.DataRoot(data, synthetic=True)
    task = task_of(spec, catalog.load_dataset("h36m"), data_root, Options())
    assert isinstance(task, Lifting)
    return task


def test_the_record_says_what_was_lifted(data: Path, tmp_path: Path) -> None:
    weights = str(small_lifter(TINY))
    detected, _ = ran(TINY, tmp_path, data, weights=weights, limit=4)
    given, _ = ran(TINY, tmp_path, data, weights=weights, limit=4, keypoints="gt")
    assert [r.protocol["keypoints"] for r in (detected, given)] == [DETECTED, "gt"]
    assert [r.protocol["train_keypoints"] for r in (detected, given)] == [DETECTED, "gt"]
    assert not given.modified
    assert not given.complete
    assert value(detected, "MPJPE") != value(given, "MPJPE")


def test_a_detections_file_is_named_without_its_folder(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "data_2d_h36m_mine.npz"
    shutil.copy(data / "h36m" / f"data_2d_h36m_{DETECTED}.npz", file)
    weights = str(small_lifter(TINY))
    mine, folder = ran(TINY, tmp_path, data, weights=weights, limit=4, keypoints=str(file))
    same, _ = ran(TINY, tmp_path, data, weights=weights, limit=4)
    assert mine.protocol["keypoints"] == "mine"
    assert value(mine, "MPJPE") == value(same, "MPJPE")
    assert value(scoring.score(folder), "MPJPE") == value(mine, "MPJPE")


def test_scored_again_by_another_average(data: Path, tmp_path: Path) -> None:
    record, folder = ran(TINY, tmp_path, data, weights=str(small_lifter(TINY)), limit=40)
    again = scoring.score(folder, ("protocol.average=frames",))
    assert value(again, "MPJPE") == pytest.approx(value(record, "MPJPE (frame average)"))
    assert value(again, "MPJPE (action average)") == pytest.approx(value(record, "MPJPE"))
    fewer = scoring.score(folder, ("protocol.joints=14",))
    assert value(fewer, "MPJPE") == pytest.approx(value(record, "MPJPE (14 joints)"))
    with pytest.raises(RunError, match="score reads stored predictions"):
        scoring.score(folder, ("protocol.flip_test=false",))
    with pytest.raises(RunError, match="has no heatmaps"):
        scoring.score(folder, decoder="dark")


def test_a_run_leaves_joints_and_a_picture(data: Path, tmp_path: Path) -> None:
    record, folder = ran(TINY, tmp_path, data, weights=str(small_lifter(TINY)), limit=4)
    found = predictions.read(folder, JointPredictions)
    assert found.joints.shape == (found.lengths.sum(), 17, 3)
    assert len(found.clips) == 4
    assert record.n.evaluated == found.lengths.sum()
    assert {"action", "subject", "joint"} <= set(record.groups)
    assert cv2.imread(str(folder / "predictions.png")) is not None


@pytest.mark.parametrize(
    "places",
    [
        ("data_3d_h36m.npz", "cameras.h5"),
        ("S9", "S11", "cameras.pkl"),
    ],
)
def test_every_layout_gives_the_same_sequences(
    places: tuple[str, ...], data: Path, tmp_path: Path
) -> None:
    gt = ("protocol.keypoints=gt", "protocol.flip_test=false")
    whole = lifting(data, *gt).evaluation().clips
    other = lifting(only(data, tmp_path, *places), *gt).evaluation().clips
    by_key = {clip.key: clip for clip in other}
    assert by_key.keys() == {clip.key for clip in whole}
    for clip in whole:
        found = by_key[clip.key]
        assert np.allclose(found.joints, clip.joints, atol=0.02)  # mm
        assert np.allclose(found.keypoints, clip.keypoints, atol=2e-3)  # px


def test_mmposes_frames_are_those_of_the_sequences(data: Path, tmp_path: Path) -> None:
    root = only(data, tmp_path, "annotation_body3d")
    frames = lifting(root, "protocol.keypoints=gt").evaluation().clips
    clips = lifting(data, "protocol.keypoints=gt").evaluation().clips
    whole = {clip.key: clip for clip in clips}
    assert sum(len(clip.frames) for clip in frames) == 2
    for clip in frames:
        same = whole[clip.key].at(clip.frames)
        assert np.allclose(clip.joints, same.joints, atol=0.02)
        assert np.allclose(clip.keypoints, same.keypoints, atol=2e-3)


def test_the_keypoints_of_a_run_are_lifted(data: Path, tmp_path: Path) -> None:
    weights = str(small_weights("h36m-pose@tiny"))
    _, pose = ran("h36m-pose@tiny", tmp_path, data, weights=weights)
    record, folder = ran(TINY, tmp_path, data, weights=str(small_lifter(TINY)), keypoints=str(pose))
    assert record.protocol["keypoints"] == "h36m-pose@tiny"
    assert record.protocol["joint_map"] == "none"
    assert record.n.evaluated == 2  # the frames that have pictures
    assert not record.complete
    assert any(str(pose) in note for note in record.notes)
    stored = predictions.read(pose, predictions.Predictions).keypoints
    lifted = predictions.read(folder, JointPredictions).keypoints
    assert sorted(map(tuple, lifted[:, 0].tolist())) == sorted(map(tuple, stored[:, 0].tolist()))
    assert record.metrics["MPJVE"].reason == "no sequence has two frames"


def test_the_keypoints_of_a_run_are_lifted_where_its_data_are_now(
    data: Path, tmp_path: Path
) -> None:
    lifter, moved = str(small_lifter(TINY)), tmp_path / "moved"
    there = Path(shutil.copytree(data, tmp_path / "data"))
    _, pose = ran("h36m-pose@tiny", tmp_path, there, weights=str(small_weights("h36m-pose@tiny")))
    there.rename(moved)
    record, _ = ran(TINY, tmp_path, moved, weights=lifter, keypoints=str(pose))
    assert record.n.evaluated == 2
    annotations = moved / "h36m" / catalog.load_dataset("h36m-frames").splits["test"].annotations
    annotations.write_text(annotations.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(RunError, match="are not those that it was run on"):
        ran(TINY, tmp_path, moved, weights=lifter, keypoints=str(pose))


def test_sequences_can_be_left_out_and_frames_skipped(data: Path) -> None:
    every = lifting(data).evaluation()
    fewer = ('protocol.excluded=["S11/Directions 1"]', "protocol.frame_step=5")
    some = lifting(data, *fewer).evaluation()
    assert len(some.clips) == len(every.clips) - 4
    assert not [c for c in some.clips if c.key[:2] == ("S11", "Directions 1")]
    assert np.diff(some.clips[0].frames).tolist()[:2] == [5, 5]


def test_the_linear_network_keeps_its_statistics_with_its_weights(
    data: Path, tmp_path: Path
) -> None:
    task = lifting(data, *LINEAR, name="h36m-lift@linear")
    cpu = Runtime(torch.device("cpu"))
    evaluation = task.evaluation()
    built = build(task, evaluation, task.training(evaluation), cpu)
    trained = built.network.state_dict()
    assert (trained["joint_std"] > 1).all()
    path = tmp_path / "official.pth"
    head = {n.removeprefix("head."): t for n, t in trained.items() if n.startswith("head.")}
    torch.save({"state_dict": head}, path)
    official = checkpoints.read(path)
    fresh = task.network()
    task.load(fresh, official)
    begun: Any = build(task, evaluation, task.training(evaluation), cpu).network
    task.initialise(begun, official)
    for name, tensor in trained.items():
        assert torch.equal(fresh.state_dict()[name], tensor), name
        assert torch.equal(begun.state_dict()[name], tensor), name


def test_16_joints_are_lifted_by_the_linear_network_alone(data: Path) -> None:
    task = lifting(data)
    clip = task.evaluation().clips[0]
    without = clip.keypoints.copy()
    without[:, 9] = np.nan
    with pytest.raises(DataError, match="neck_nose"):
        task.inputs.of(replace(clip, keypoints=without))
    linear = network.build_lifter(
        catalog.load_task("h36m-lift@linear", LINEAR).model,  # type: ignore[arg-type]
        seed=0,
    )
    assert torch.isfinite(linear(torch.zeros(1, 2, 17, 2))).all()


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("recipe.loss=mse", "'lift-temporal' is trained with 'mpjpe', not 'mse'"),
        ("model.filter_widths=[2]", "odd numbers"),
        ("protocol.joints=15", "should be 17, 16 or 14"),
        ("model.head=lift", "no head is called 'lift'"),
    ],
)
def test_a_spec_that_cannot_be_is_refused(override: str, words: str) -> None:
    with pytest.raises(SpecError, match=words.replace("[", r"\[")):
        catalog.load_task(TINY, [override])


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        (TINY, {"boxes": "gt"}, "--boxes goes with tasks of keypoints in images"),
        (TINY, {"keep_peaks": True}, "--keep-peaks keeps heatmaps"),
        ("coco-pose@tiny", {"keypoints": "gt"}, "--keypoints is what h36m-lift lifts"),
    ],
)
def test_a_flag_of_other_tasks_is_refused(
    task: str, options: dict[str, object], words: str, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=words):
        ran(task, tmp_path, data, **options)


@pytest.mark.slow
def test_an_epoch_teaches_more_than_half_of_the_mean_pose(data: Path, tmp_path: Path) -> None:
    record, folder = ran(TINY, tmp_path, data, overrides=("recipe.epochs=2",))
    task = lifting(data)
    evaluation = task.evaluation()
    training = reading.training(task.spec, task.dataset, task.data_root, task.options)
    dull = measuring.measure(task, evaluation, mean_joints(training.clips, evaluation.clips))
    mean = dull.metrics["MPJPE"].value
    assert mean is not None
    assert value(record, "MPJPE") < mean / 2
    again, _ = ran(TINY, tmp_path, data, weights=str(folder / "checkpoints" / "best.pt"))
    assert value(again, "MPJPE") == pytest.approx(value(record, "MPJPE"), abs=1e-4)


@pytest.mark.parametrize(
    ("device", "flags", "why"),
    [
        ("cpu", {}, []),
        ("cpu", {"compiles": True}, ["not compiled: sequences differ in length"]),
        ("cpu", {"eager": True}, [EAGER]),
        ("cuda", {}, ["no CUDA graph: sequences differ in length"]),
        ("cuda", {"eager": True}, [EAGER]),
    ],
)
def test_it_is_said_why_sequences_are_not_lifted_faster(
    device: str, flags: dict[str, bool], why: list[str]
) -> None:
    assert list(predicting.reasons(Runtime(torch.device(device), **flags))) == why
