"""On a CUDA card; skipped with that reason where there is none.

All of it in 90 s: the networks are small, the CPU's side computes in one thread, and the sets are
made before a card is asked for anything.
"""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from specs import landmark_task
from worlds import small_world

from hrbench import network
from hrbench.begun.options import Options
from hrbench.catalog import load_dataset
from hrbench.commands import run as running
from hrbench.commands.profile.profile import profile
from hrbench.engine import duration
from hrbench.engine.runtime import Runtime
from hrbench.formats.location import DataRoot
from hrbench.heads.heatmap import mse
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.report import predictions
from hrbench.report.predictions import Predictions
from hrbench.road import building, training

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
    pytest.mark.usefixtures("worlds"),
]
SMALL = ("model.backbone=hrnet-w8", "model.input=[128,96]")
SETS = {"coco": 16, "mpii": 16, "300w": 16, "h36m": 1, "imagenet": 48}  # images, or takes


def made(dataset: str) -> Path:
    """A synthetic set, as small as its tests allow."""
    return small_world(SETS[dataset], dataset)


@pytest.fixture(scope="module")
def worlds() -> None:
    """Make the sets of all tests: processes that do so are not to begin beside a card's."""
    for dataset in SETS:
        made(dataset)


def step(task: str, device: str) -> dict[str, torch.Tensor]:
    """The parameters after one fp32 step of a task's network, made small, on the same batch."""
    spec, where = landmark_task(task, SMALL), torch.device(device)
    height, width = spec.model.input
    built = network.build(spec.model, 17, seed=0).to(where).train()
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (4, height, width, 3), dtype=np.uint8))
    points = torch.from_numpy(rng.uniform(10, 90, (4, 17, 2)))
    codec = network.codec(spec)
    targets = codec.encode(points, torch.ones(4, 17) > 0, where)
    optimizer = torch.optim.SGD(built.parameters(), lr=1e-2)
    with Runtime(where).autocast("fp32"):
        mse(built(images), targets).backward()
    optimizer.step()
    return {name: tensor.detach().cpu() for name, tensor in built.state_dict().items()}


@pytest.mark.parametrize(
    "task",
    [
        *("coco-pose@w32-256x192", "coco-pose@w32-256x192-dark", "coco-pose@w32-256x192-udp"),
        "300w@w18-256x256",
    ],
)
def test_one_step_equals_that_of_the_cpu(task: str) -> None:
    on_card, on_cpu = step(task, "cuda"), step(task, "cpu")
    for name, expected in on_cpu.items():
        np.testing.assert_allclose(on_card[name], expected, rtol=0, atol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    ("task", "dataset"), [("coco-pose", "coco"), ("mpii-pose", "mpii"), ("300w", "300w")]
)
def test_bf16_trains_and_predictions_agree_with_the_cpu(
    task: str, dataset: str, tmp_path: Path
) -> None:
    name, data = f"{task}@tiny", str(made(dataset))
    short = ("recipe.epochs=4", "recipe.batch_size=8")
    plain = Options(data=data, out=str(tmp_path), workers=1, device="cuda")
    done = running.run(name, replace(plain, overrides=short))
    assert done is not None
    assert done[0].spec["recipe"]["precision"] == "bf16"  # type: ignore[index,call-overload]
    rows = (done[1] / "log.csv").read_text().splitlines()[1:]
    losses = [float(row.split(",")[2]) for row in rows]
    assert losses[-1] < losses[0]
    weights = str(done[1] / "checkpoints" / "last.pt")
    found = []
    for device in ("cuda", "cpu"):
        again = running.run(name, replace(plain, device=device, weights=weights))
        assert again is not None
        found.append(predictions.read(again[1], Predictions).keypoints)
    gap = np.abs(found[0] - found[1]).max(axis=(1, 2))
    assert np.median(gap) < 0.05
    assert np.mean(gap < 0.05) > 0.9  # the others have tied maxima


@pytest.mark.parametrize(
    ("name", "metric", "near"), [("h36m-lift@tiny", "MPJPE", 0.5), ("imagenet@tiny", "top-1", 4.0)]
)
def test_lifters_and_classifiers_train_in_bf16_and_agree_with_the_cpu(
    name: str, metric: str, near: float, tmp_path: Path
) -> None:
    dataset = name.partition("-")[0].partition("@")[0]
    plain = Options(data=str(made(dataset)), out=str(tmp_path), workers=1, device="cuda")
    done = running.run(name, replace(plain, overrides=("recipe.epochs=1",)))
    assert done is not None
    weights = str(done[1] / "checkpoints" / "last.pt")
    found = []
    for device in ("cuda", "cpu"):
        again = running.run(name, replace(plain, device=device, weights=weights))
        assert again is not None
        found.append(again[0].metrics[metric].value)
    assert found[0] == pytest.approx(found[1], abs=near)


def test_the_duration_of_a_training_is_told_before_it_and_draws_nothing(tmp_path: Path) -> None:
    task, card = "coco-pose@w32-256x192", torch.device("cuda:0")
    spec = landmark_task(task, [*SMALL, "recipe.epochs=1", "recipe.batch_size=32"])
    data_root = DataRoot(made("coco"), synthetic=True)
    walked = Landmarks(spec, load_dataset("coco"), data_root, Options(workers=1))
    evaluation = walked.evaluation()
    built = building.build(walked, evaluation, walked.training(evaluation), Runtime(card))
    assert built.training is not None
    feed = built.training.feed
    trainer = training.trainer_of(walked, built, feed, Runtime(card), tmp_path)
    random = torch.cuda.get_rng_state(card)
    told = [duration.seconds_per_step(trainer) for _ in range(2)]
    assert torch.equal(torch.cuda.get_rng_state(card), random)
    assert 0 < told[1] < 5  # a step of 32 persons


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA cards")
def test_two_cards_train_and_score_every_image_once(tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command = [
        "-m",
        "hrbench",
        "run",
        "coco-pose@tiny",
        "--data",
        str(made("coco")),
        "--json",
    ]
    done = subprocess.run(
        [*launch, *command, "--epochs", "1", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["record"]["n"]["evaluated"] == 4


def test_a_profile_on_a_card_counts_its_memory_and_waits_for_it() -> None:
    options = Options(device="cuda", overrides=("protocol.flip_test=true",))
    found = profile("coco-pose@w32-256x192", options, [1, 8])
    sizes = [timing.memory.size or 0 for timing in found.timings]
    assert 4 * found.complexity.parameters < sizes[0] < sizes[1]
    for timing in found.timings:
        assert timing.shares()["network"] > timing.shares()["decode"]
