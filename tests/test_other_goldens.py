"""The golden tests over another folder of goldens: files of other names, shapes and numbers.

The losses there are NumPy's, of the formula that JointsMSELoss has.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden.ledger import Ledger
from golden.test_pose_core_heatmaps import (
    test_losses_and_their_gradients_are_the_official_ones as check_losses,
)

FILE = "pose_core/losses_of_a_zoo.npz"
Arrays = dict[str, Any]  # of NumPy, by their keys


def losses(seed: int) -> Arrays:
    """Mean squared errors of a batch, by weights 0, 1 and 1.5, and their gradients."""
    rng = np.random.default_rng(seed)
    shape = (3, 11, 9, 7)
    pred, target = rng.standard_normal((2, *shape)).astype(np.float32)
    weight = rng.choice([0, 1, 1.5], (*shape[:2], 1)).astype(np.float32)
    arrays: Arrays = {"seals_pred": pred, "seals_target": target, "seals_weight": weight}
    for used, weights in ((1, weight.astype(np.float64)[..., None]), (0, np.ones(1))):
        gaps = weights * (pred.astype(np.float64) - target)
        arrays[f"seals_mse_w{used}"] = np.array(0.5 * np.square(gaps).mean())
        arrays[f"seals_mse_w{used}_grad"] = (weights * gaps / gaps.size).astype(np.float32)
    return arrays


def folder_of(root: Path, arrays: Arrays) -> Ledger:
    (root / FILE).parent.mkdir(parents=True)
    np.savez(root / FILE, **arrays)
    return Ledger(root)


@pytest.mark.parametrize("seed", [0, 1])
def test_goldens_of_any_name_shape_and_number_are_compared(seed: int, tmp_path: Path) -> None:
    golden = folder_of(tmp_path, losses(seed))
    assert len(golden.never_compared()) == 4
    check_losses(FILE, golden)
    assert not golden.never_compared()


@pytest.mark.parametrize("key", ["seals_mse_w0", "seals_mse_w1_grad"])
def test_a_changed_value_is_noticed(key: str, tmp_path: Path) -> None:
    arrays = losses(0)
    arrays[key] = arrays[key] * (1 + 2e-6)
    with pytest.raises(AssertionError, match=rf"{key} differs by .*, allowed 1e-06"):
        check_losses(FILE, folder_of(tmp_path, arrays))


def test_an_array_that_no_rule_covers_is_noticed(tmp_path: Path) -> None:
    golden = folder_of(tmp_path, losses(0) | {"seals_whiskers": np.zeros(3)})
    with pytest.raises(AssertionError, match="seals_whiskers stands in 0 rows"):
        golden.never_compared()


def test_a_file_of_a_kind_that_no_rule_covers_is_noticed(tmp_path: Path) -> None:
    golden = folder_of(tmp_path, losses(0))
    np.save(tmp_path / "pose_core/whiskers.npy", np.zeros(3))
    with pytest.raises(AssertionError, match=r"whiskers\.npy: \* stands in 0 rows"):
        golden.never_compared()


def test_an_array_that_no_test_compares_is_noticed(tmp_path: Path) -> None:
    golden = folder_of(tmp_path, losses(0) | {"otters_mse_w1": np.zeros(())})
    check_losses(FILE, golden)
    assert golden.never_compared() == [f"{FILE}: otters_mse_w1"]


@pytest.mark.slow
def test_all_golden_tests_run_over_such_a_folder(tmp_path: Path) -> None:
    folder_of(tmp_path / "golden", losses(2))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/golden"]
    run = subprocess.run(
        command,
        cwd=Path(__file__).parents[1],
        env=os.environ | {"HRBENCH_SHARED": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "goldens: 4 arrays compared" in run.stdout
    assert not re.search(r"\d+ (failed|error)", run.stdout)
