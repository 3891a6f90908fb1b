"""The comparison that golden tests go through, on a golden of two numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden.ledger import Ledger, Row

TRUE, GOLDEN = np.array([1.0, 100.0]), np.array([1.0, 100.3])  # the golden is 3e-3 off


def ledger(folder: Path) -> Ledger:
    np.savez(folder / "step.npz", norms=GOLDEN)
    row = Row("step.npz", ("norms",), tolerance=4e-3, noise=1e-3)
    return Ledger(folder, [row])


def test_a_training_value_may_lie_on_either_side_of_float64(tmp_path: Path) -> None:
    ledger(tmp_path).check_trained("step.npz", "norms", np.array([1.0, 99.95]), TRUE)


def test_a_training_value_far_from_its_golden_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"differs by 0\.00429, allowed 0\.004"):
        ledger(tmp_path).check_trained("step.npz", "norms", np.array([1.0, 99.87]), TRUE)


def test_a_training_value_further_from_float64_than_its_golden_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"is 0\.0045 from float64, allowed 0\.004"):
        ledger(tmp_path).check_trained("step.npz", "norms", np.array([1.0, 100.45]), TRUE)


def step(folder: Path, norms: list[float], **limits: Any) -> Ledger:
    np.savez(folder / "step.npz", norms=np.array([norms]))
    return Ledger(folder, [Row("step.npz", ("norms",), tolerance=1e-3, **limits)])


def test_an_error_may_be_as_large_as_a_share_of_the_largest_entry(tmp_path: Path) -> None:
    step(tmp_path, [1.0, 1000.0]).check("step.npz", "norms", [[1.9, 1000.0]])


@pytest.mark.parametrize("limit", [{"columns": True}, {"pixels": 0.5}, {"each": 0.5}])
def test_but_not_where_columns_pixels_or_entries_have_their_own_limit(
    limit: dict[str, Any], tmp_path: Path
) -> None:
    golden = step(tmp_path, [1.0, 1000.0], **limit)
    with pytest.raises(AssertionError, match=r"norms differs by 0\.9, allowed"):
        golden.check("step.npz", "norms", [[1.9, 1000.0]])


def test_what_is_not_defined_is_left_out_and_nothing_else(tmp_path: Path) -> None:
    golden = step(tmp_path, [1.0, -1.0])
    golden.check("step.npz", "norms", [[1.0, 5.0]], defined=np.array([[True, False]]))
    with pytest.raises(AssertionError, match="nothing of norms would be compared"):
        golden.check("step.npz", "norms", [[1.0, 5.0]], defined=np.zeros((1, 2), bool))


def test_of_two_kinds_of_file_the_narrower_counts(tmp_path: Path) -> None:
    rows = [Row("net_*.npz", ("*",), tolerance=1e-3), Row("net_resnet*.npz", ("*",), tolerance=0)]
    golden = Ledger(tmp_path, rows)
    assert golden.row("net_hrnet.npz", "norms") is rows[0]
    assert golden.row("net_resnet50.npz", "norms") is rows[1]
