"""The comparison that golden tests go through, on a golden of two numbers."""

from pathlib import Path

import numpy as np
import pytest
from golden.ledger import Ledger, Row

TRUE, GOLDEN = np.array([1.0, 100.0]), np.array([1.0, 100.3])  # the golden is 3e-3 off


def ledger(folder: Path) -> Ledger:
    np.savez(folder / "step.npz", norms=GOLDEN)
    row = Row("step.npz", ("norms",), tolerance=4e-3, noise=1e-3, function="none", reason="")
    return Ledger(folder, [row])


def test_a_training_value_may_lie_on_either_side_of_float64(tmp_path: Path) -> None:
    ledger(tmp_path).check_trained("step.npz", "norms", np.array([1.0, 99.95]), TRUE)


def test_a_training_value_far_from_its_golden_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"differs by 0\.00429, allowed 0\.004"):
        ledger(tmp_path).check_trained("step.npz", "norms", np.array([1.0, 99.87]), TRUE)


def test_a_training_value_further_from_float64_than_its_golden_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"is 0\.0045 from float64, allowed 0\.004"):
        ledger(tmp_path).check_trained("step.npz", "norms", np.array([1.0, 100.45]), TRUE)
