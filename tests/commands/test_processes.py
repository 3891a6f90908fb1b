"""Several processes, started by torchrun as a user would."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.command import called
from commands.test_run import saved_weights
from worlds import small_classifier, small_lifter, small_weights, small_world

from hrbench.report import predictions
from hrbench.report.predictions import ClassPredictions, JointPredictions, Predictions

FREE_PORT = ["--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"]


def command(
    out: Path, *arguments: str, name: str = "coco-pose@tiny", data: Path | None = None
) -> list[str]:
    where = ["--data", str(data or small_world()), "--out", str(out / "runs")]
    return ["run", name, *where, "--json", *arguments]


def alone(out: Path, *arguments: str, **of: Any) -> tuple[dict[str, Any], Path]:
    """Run in this process."""
    ended = called(out, *command(out, *arguments, **of))
    assert ended.status == 0, ended.err
    return ran(ended.out)


def launched(out: Path, *arguments: str, **of: Any) -> tuple[dict[str, Any], Path]:
    """Run in two processes of torchrun's."""
    return ran(answered(out, *arguments, **of))


def answered(out: Path, *arguments: str, **of: Any) -> str:
    """What two processes of torchrun's say."""
    launch = [sys.executable, "-m", "torch.distributed.run", *FREE_PORT, "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, "-m", "hrbench", *command(out, *arguments, **of)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ran(answer: str) -> tuple[dict[str, Any], Path]:
    """The record and the folder of a run that answers in JSON."""
    said = json.loads(answer)
    return said["record"], Path(said["run"])


def figures(record: dict[str, Any]) -> dict[str, float]:
    """The figures of a record, and the ends of their intervals where they have one."""
    return {
        f"{name} {part}": found[part]
        for name, found in record["metrics"].items()
        for part in ("value", "low", "high")
        if found[part] is not None
    }


@pytest.mark.slow
def test_two_processes_predict_every_box_once_and_alike(tmp_path: Path) -> None:
    weights = str(saved_weights("coco-pose@tiny", tmp_path))
    found = []
    for run in (alone, launched):
        record, folder = run(tmp_path, "--weights", weights)
        assert record["n"] == {"expected": 4, "evaluated": 4, "images": 4, "objects": 10}
        found.append(predictions.read(folder, Predictions))
    assert found[0].sample_ids.tolist() == found[1].sample_ids.tolist()
    assert np.abs(found[0].keypoints - found[1].keypoints).max() < 0.05


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "dataset", "figure"),
    [("300w@tiny", "300w", "NME"), ("mpii-pose@tiny", "mpii", "median_error_px")],
)
def test_two_processes_score_every_box_of_unevenly_many_images_once(
    name: str, dataset: str, figure: str, tmp_path: Path
) -> None:
    arguments = ["--weights", str(small_weights(name)), "--limit", "5"]  # three and two
    records, found = [], []
    for run in (alone, launched):
        record, folder = run(tmp_path, *arguments, name=name, data=small_world(24, dataset))
        records.append(record)
        found.append(predictions.read(folder, Predictions).sample_ids.tolist())
    assert len({*found[0]}) == len(found[0]) >= 5
    assert found[0] == found[1]
    assert records[0]["n"] == records[1]["n"]
    once, twice = (figures(record) for record in records)
    assert once[f"{figure} value"] > 0
    assert twice == pytest.approx(once, rel=1e-3)


@pytest.mark.slow
def test_two_processes_lift_every_sequence_once_and_alike(tmp_path: Path) -> None:
    name, data = "h36m-lift@tiny", small_world(8, "h36m")
    arguments = ["--weights", str(small_lifter(name)), "--limit", "5"]
    found = []
    for run in (alone, launched):
        _, folder = run(tmp_path, *arguments, name=name, data=data)
        found.append(predictions.read(folder, JointPredictions))
    assert found[0].clips.tolist() == found[1].clips.tolist()
    assert np.abs(found[0].joints - found[1].joints).max() < 0.05


@pytest.mark.slow
def test_two_processes_look_at_every_picture_once_and_alike(tmp_path: Path) -> None:
    name, data = "imagenet@tiny", small_world(48, "imagenet")
    arguments = ["--weights", str(small_classifier(name))]
    found = []
    for run in (alone, launched):
        _, folder = run(tmp_path, *arguments, name=name, data=data)
        found.append(predictions.read(folder, ClassPredictions))
    assert found[0].sample_ids.tolist() == found[1].sample_ids.tolist()
    assert np.abs(found[0].scores - found[1].scores).max() < 1e-4


@pytest.mark.slow
def test_two_processes_train_one_network(tmp_path: Path) -> None:
    record, folder = launched(tmp_path, "--epochs", "1", "--set", "recipe.batch_size=8")
    assert record["weights"]["origin"] == "trained"
    assert (folder / "checkpoints" / "last.pt").exists()
    assert len(list(folder.parent.iterdir())) == 1
    trained = predictions.read(folder, Predictions)
    _, again = alone(tmp_path, "--weights", str(folder / "checkpoints" / "last.pt"))
    kept = predictions.read(again, Predictions)
    assert trained.sample_ids.tolist() == kept.sample_ids.tolist()
    assert np.abs(trained.keypoints - kept.keypoints).max() < 0.05


@pytest.mark.slow
def test_a_second_process_in_another_folder_makes_the_same_record(tmp_path: Path) -> None:
    arguments = ["run", "coco-pose@tiny", "--data", str(small_world()), "--epochs", "1", "--json"]
    seals = []
    for name in ("here", "there"):
        folder = tmp_path / name
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "hrbench", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        seals.append(json.loads(done.stdout)["record"]["seal"])
    assert seals[0] == seals[1]


@pytest.mark.slow
def test_two_processes_run_one_seed_after_the_other(tmp_path: Path) -> None:
    brief = ("--set", "recipe.epochs=1", "--set", "recipe.batch_size=8", "--workers", "0")
    said = answered(tmp_path, "--seed", "3", "--seeds", "2", *brief)
    assert [one["record"]["seed"] for one in json.loads(said)["runs"]] == [3, 4]
