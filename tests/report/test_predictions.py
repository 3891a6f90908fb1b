from dataclasses import asdict, replace
from pathlib import Path
from typing import Never

import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.errors import RunError
from hrbench.report.predictions import Predictions, read


def predictions() -> Predictions:
    """Two boxes with three keypoints."""
    return Predictions(
        sample_ids=np.array([7, 8]),
        image_ids=np.array([1, 2]),
        boxes=np.ones((2, 4)),
        box_scores=np.ones(2),
        centers=np.zeros((2, 2), np.float32),
        scales=np.ones((2, 2), np.float32),
        keypoints=np.arange(12, dtype=np.float32).reshape(2, 3, 2),
        scores=np.ones((2, 3), np.float32),
        scored_images=np.array([1, 2, 3]),
    )


def test_predictions_read_back_as_they_were_written(tmp_path: Path) -> None:
    written = predictions()
    written.write(tmp_path)
    again = read(tmp_path, Predictions)
    for name, values in asdict(written).items():
        assert np.array_equal(getattr(again, name), values)
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.npz"]


class Once(np.ndarray[tuple[int, ...], np.dtype[np.float32]]):
    """An array too large to be there twice."""

    def __deepcopy__(self, _memo: object) -> Never:
        raise MemoryError


def test_what_is_written_is_not_copied(tmp_path: Path) -> None:
    large = np.zeros((2, 3, 2), np.float32).view(Once)
    replace(predictions(), keypoints=large).write(tmp_path)
    assert not read(tmp_path, Predictions).keypoints.any()


def test_a_run_without_predictions_has_not_ended(tmp_path: Path) -> None:
    with pytest.raises(
        RunError, match=r"predictions\.npz does not exist; give the folder of a run"
    ):
        read(tmp_path, Predictions)


@pytest.mark.parametrize(
    "spoil", ["empty", "page", "half", "scratched", "other", "packed", "array"]
)
def test_predictions_that_are_not_whole_are_named(spoil: str, tmp_path: Path) -> None:
    predictions().write(tmp_path)
    path = tmp_path / "predictions.npz"
    content = path.read_bytes()
    scratched = content.replace(content[60:80], bytes(20))
    entry = content.index(b"PK\x01\x02")  # of the directory, with how a file is packed
    packed = content[: entry + 10] + b"\x63\x00" + content[entry + 12 :]
    path.write_bytes(
        {
            "empty": b"",
            "page": b"<html>",
            "half": content[: len(content) // 2],
            "scratched": scratched,
            "packed": packed,
        }.get(spoil, content)
    )
    if spoil == "other":
        np.savez(path, boxes=np.zeros(3))
    if spoil == "array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    with pytest.raises(RunError, match=r"predictions\.npz is not whole: .+; run again") as caught:
        read(tmp_path, Predictions)
    assert "pickle" not in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"keypoints": np.zeros((2, 3, 3))}, r"keypoints has the shape \(2, 3, 3\)"),
        ({"scores": np.ones((2, 4))}, r"scores has the shape \(2, 4\)"),
        ({"box_scores": np.ones(3)}, r"box_scores has the shape \(3,\)"),
        ({"boxes": np.ones(8)}, r"boxes has the shape \(8,\)"),
        ({"scores": np.full((2, 3), np.nan)}, "scores holds what is no number"),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_named(
    tmp_path: Path, changed: dict[str, NDArray[np.float64]], words: str
) -> None:
    Predictions(**asdict(predictions()) | changed).write(tmp_path)
    with pytest.raises(RunError, match=rf"predictions\.npz is not whole: {words}; run again"):
        read(tmp_path, Predictions)
