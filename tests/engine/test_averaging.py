"""Two processes average their gradients as torch's wrapper does, whatever computes the steps."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from commands.test_processes import FREE_PORT
from engine import averaging, toy

from hrbench.engine.graphs import WARM_UPS
from hrbench.engine.runtime import Runtime

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]
CPU = Runtime(torch.device("cpu"))
WAYS = ("wrapped", "eager", "replayed", "compiled", "resumed", "whole")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What each way comes to in each of two processes."""
    folder = tmp_path_factory.mktemp("averaging")
    launch = [sys.executable, "-m", "torch.distributed.run", *FREE_PORT, "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, "-m", averaging.__name__, str(folder), *WAYS],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return {
        way: [torch.load(folder / way / f"{rank}.pt", weights_only=True) for rank in range(2)]
        for way in WAYS
    }


def assert_weights(one: dict[str, Any], other: dict[str, Any], atol: float = 0.0) -> None:
    assert one["network"].keys() == other["network"].keys()
    for name, expected in other["network"].items():
        values = one["network"][name]
        np.testing.assert_allclose(values, expected, rtol=0, atol=atol, err_msg=name)


def test_steps_are_those_of_the_wrapper(found: dict[str, list[dict[str, Any]]]) -> None:
    wrapped = found["wrapped"][0]
    assert min(wrapped["norms"]) < averaging.LARGEST_NORM < max(wrapped["norms"])
    for way in ("eager", "replayed", "resumed"):
        assert_weights(found[way][0], wrapped, atol=1e-6)
    for way in ("eager", "replayed"):
        assert found[way][0]["losses"] == pytest.approx(wrapped["losses"], rel=1e-5)


def test_replayed_steps_are_the_eager_ones(found: dict[str, list[dict[str, Any]]]) -> None:
    for way in ("replayed", "resumed"):
        assert_weights(found[way][0], found["eager"][0])
        assert found[way][0]["losses"] == found["eager"][0]["losses"]
    assert [one["path"] for one in found["replayed"]] == ["CUDA graph", "CUDA graph"]
    # of three samples at the end of an epoch the first process has as many as of four
    assert [one["replays"] for one in found["replayed"]] == [10 - WARM_UPS, 8 - WARM_UPS]
    assert [one["path"] for one in found["eager"]] == ["eager", "eager"]


def test_compiled_steps_are_the_eager_ones(found: dict[str, list[dict[str, Any]]]) -> None:
    compiled, eager = found["compiled"][0], found["eager"][0]
    assert compiled["path"] == "torch.compile"
    assert compiled["losses"] == pytest.approx(eager["losses"], rel=1e-4)
    assert_weights(compiled, eager, atol=1e-4)


@pytest.mark.parametrize("way", WAYS[1:])
def test_both_end_with_the_weights_and_the_statistics_of_the_first(
    way: str, found: dict[str, list[dict[str, Any]]]
) -> None:
    assert_weights(found[way][1], found[way][0])


def test_two_processes_train_as_one_does_with_all_samples(
    tmp_path: Path, found: dict[str, list[dict[str, Any]]]
) -> None:
    alone = toy.network(normed=False)  # statistics are of each process's samples
    job = averaging.trainer(tmp_path, alone, CPU)
    job.fit(lambda: None)
    assert_weights(found["whole"][0], {"network": alone.state_dict()}, atol=1e-4)
