"""Errors planted at points and faces of one sort, and the rows in which they are found."""

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hrbench.metrics.face_groups import NOSE, breakdown, yaw
from hrbench.metrics.nme import FaceTruth

# x to the right of the picture, y down, z away, over half the distance of the outer corners: the
# person's right corner is on the picture's left.
HEAD = np.array([[-1, 0, 0], [1, 0, 0], [0, 0.8, -NOSE], [0, 2, -0.5]])
TURN = (0, 1, 2)
REGIONS = {"eyes": [0, 1], "nose": [2], "jaw": [3]}
SIZE = 100.0


def seen(*angles: float, roll: float = 0.0) -> NDArray[np.float64]:
    """Heads of 100 pixels from far away, turned to their left by so many degrees."""
    turns = [Rotation.from_euler("yz", [-angle, roll], degrees=True) for angle in angles]
    return np.array([50 * turn.apply(HEAD)[:, :2] + 300 for turn in turns])


def faces(points: NDArray[np.float64], **said: Any) -> FaceTruth:
    sizes = {"inter-ocular": np.full(len(points), SIZE)}
    return FaceTruth(np.arange(len(points)), points, sizes, **said)


def groups(truth: FaceTruth, off: NDArray[np.float64]) -> dict[str, Any]:
    """The groups of predictions that lie (N, K) pixels below the true points."""
    found = truth.keypoints.copy()
    found[..., 1] += off
    return breakdown(truth, found, normaliser="inter-ocular", regions=REGIONS, turn=TURN)


@pytest.mark.parametrize("roll", [0, 40, -120])
def test_a_face_that_is_turned_is_seen_as_that_far_turned_whatever_its_roll(roll: float) -> None:
    angles = [-75, -30, 0, 12, 45, 80]
    assert yaw(seen(*angles, roll=roll), *TURN) == pytest.approx(angles, abs=1e-9)


def test_a_face_whose_corners_are_one_place_has_no_yaw() -> None:
    points = seen(0)
    points[:, 1] = points[:, 0]
    assert math.isnan(yaw(points, *TURN)[0])
    rows = groups(faces(points), np.zeros((1, 4)))["yaw"]
    assert list(rows) == ["unknown"]


def test_faces_are_told_apart_by_yaw_to_either_side() -> None:
    truth = faces(seen(3, -14, 20, -40, 59, 70))
    off = np.repeat([[1.0], [3], [5], [7], [9], [20]], 4, axis=1)
    assert groups(truth, off)["yaw"] == {
        "0 to 15": {"faces": 2, "NME": pytest.approx(2), "FR@0.08": 0},
        "15 to 30": {"faces": 1, "NME": pytest.approx(5), "FR@0.08": 0},
        "30 to 60": {"faces": 2, "NME": pytest.approx(8), "FR@0.08": 50},
        "60 to 90": {"faces": 1, "NME": pytest.approx(20), "FR@0.08": 100},
    }


def test_an_error_in_one_region_is_found_there() -> None:
    off = np.zeros((2, 4))
    off[:, 3] = 6, 10
    rows = groups(faces(seen(0, 0)), off)["region"]
    assert rows["jaw"] == {
        "points": 2, "NME": pytest.approx(8), "median_error_px": pytest.approx(8),
    }  # fmt: skip
    assert (rows["eyes"]["points"], rows["eyes"]["NME"], rows["nose"]["NME"]) == (4, 0, 0)


def test_occluded_points_are_told_from_visible_ones_and_faces_by_how_many_they_have() -> None:
    hidden = np.zeros((4, 4), dtype=np.bool_)
    hidden[0, 0] = hidden[1, :2] = True
    off = np.where(hidden, 8.0, 2.0)
    found = groups(faces(seen(0, 0, 0, 0), occluded=hidden), off)
    assert found["point_occlusion"] == {
        "visible": {"points": 13, "NME": pytest.approx(2), "median_error_px": pytest.approx(2)},
        "occluded": {"points": 3, "NME": pytest.approx(8), "median_error_px": pytest.approx(8)},
    }
    assert found["face_occlusion"] == {
        "none": {"faces": 2, "NME": pytest.approx(2), "FR@0.08": 0},
        "up to 30%": {"faces": 1, "NME": pytest.approx(3.5), "FR@0.08": 0},
        "above 30%": {"faces": 1, "NME": pytest.approx(5), "FR@0.08": 0},
    }


def test_subsets_have_the_figures_of_their_faces_and_may_overlap() -> None:
    subsets = {
        "blur": np.array([True, True, False]),
        "makeup": np.array([False, True, True]),
        "expression": np.zeros(3, dtype=np.bool_),
    }
    off = np.repeat([[1.0], [3], [5]], 4, axis=1)
    rows = groups(faces(seen(0, 0, 0), subsets=subsets), off)["subset"]
    assert {name: row["NME"] for name, row in rows.items()} == pytest.approx(
        {"blur": 2, "makeup": 4}
    )


def test_what_nothing_is_known_of_is_left_out() -> None:
    truth = faces(seen(0))
    assert list(groups(truth, np.zeros((1, 4)))) == ["region", "yaw"]
    nothing = breakdown(truth, truth.keypoints, normaliser="inter-ocular", regions={}, turn=None)
    assert nothing == {}
    nobody = faces(np.zeros((0, 4, 2)), occluded=np.zeros((0, 4), dtype=np.bool_))
    assert groups(nobody, np.zeros((0, 4))) == {}


def test_rows_are_plain_json() -> None:
    found = groups(faces(seen(0, 50)), np.ones((2, 4)))
    assert json.loads(json.dumps(found)) == found
