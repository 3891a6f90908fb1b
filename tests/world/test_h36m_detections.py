import numpy as np
import pytest
from numpy.typing import NDArray

from hrbench.world.h36m.detections import detect_over_time, hidden

CAMERAS, FRAMES, HEIGHT = 40, 500, 100.0  # pixels
HIPS, FEET, WRISTS = [1, 4], [3, 6], [13, 16]
Floats = NDArray[np.float64]
# Somebody 100 pixels high, seen from the front, in the order of the 17 joints.
FRONT = np.array(
    [
        *((50, 52), (44, 52), (43, 76), (42, 97), (56, 52), (57, 76), (58, 97)),
        *((50, 40), (50, 25), (50, 20), (50, 3)),
        *((61, 25), (66, 42), (70, 56), (39, 25), (34, 42), (30, 56)),
    ],
    dtype=float,
)


@pytest.fixture(scope="module")
def errors() -> Floats:
    """(C, T, 17, 2) pixels, of somebody who stands still in the open."""
    true = np.broadcast_to(FRONT, (CAMERAS, FRAMES, 17, 2))
    depths, heights = np.full(true.shape[:3], 5000.0), np.full(true.shape[:2], HEIGHT)
    detections: Floats = detect_over_time(np.random.default_rng(0), true, depths, heights)
    return np.asarray(detections - true)


def test_detections_err_by_a_hundredth_of_a_person_and_more_at_hands_and_feet(
    errors: Floats,
) -> None:
    sizes = np.linalg.norm(errors, axis=-1) / HEIGHT
    assert 0.006 < np.median(sizes) < 0.012
    assert 0.008 < sizes.mean() < 0.015
    joint = np.median(sizes, axis=(0, 1))
    assert joint[WRISTS].min() > 1.8 * joint[HIPS].max()
    assert joint[FEET].min() > 1.5 * joint[HIPS].max()
    assert 0.002 < (sizes > 0.08).mean() < 0.02  # misses and exchanges


def test_errors_grow_with_the_person() -> None:
    true = np.broadcast_to(FRONT, (2, 50, 17, 2))
    depths = np.full(true.shape[:3], 5000.0)
    small, large = (
        detect_over_time(np.random.default_rng(1), true, depths, np.full((2, 50), height)) - true
        for height in (1.0, 3.0)
    )
    usual = np.abs(large).max(axis=-1) < 0.5  # neither misses nor exchanges
    assert np.allclose(large[usual], 3 * small[usual])


def test_errors_last_for_some_frames(errors: Floats) -> None:
    usual = np.clip(errors, -3, 3)
    variance = np.mean(usual**2)
    for lag, lowest, highest in ((1, 0.8, 0.93), (5, 0.45, 0.65), (50, -0.05, 0.05)):
        product = np.mean(usual[:, lag:] * usual[:, :-lag])
        assert lowest < product / variance < highest


def test_now_and_then_left_and_right_are_exchanged_for_some_frames(errors: Floats) -> None:
    along_x = errors + FRONT
    exchanged = (along_x[:, :, 3, 0] > 50) & (along_x[:, :, 6, 0] < 50)  # the feet, at 42 and 58
    assert 0.003 < exchanged.mean() < 0.02
    starts = (exchanged[:, 1:] & ~exchanged[:, :-1]).sum()
    assert 4 < exchanged.sum() / starts < 16


def test_what_is_behind_the_trunk_is_hidden_and_what_is_before_it_is_not() -> None:
    pixels = np.stack([FRONT, FRONT, FRONT])
    pixels[:, 13] = (50, 40)  # the left wrist, at the spine
    depths = np.full((3, 17), 5000.0)
    depths[:, 13] = (5200, 4800, 5050)  # the last of them inside
    covered = hidden(pixels, depths, np.full(3, HEIGHT))
    assert covered[:, 13].tolist() == [True, False, False]
    assert np.argwhere(covered).tolist() == [[0, 13], [1, 7]]  # the arm hides the spine


def test_hidden_joints_are_found_less_exactly() -> None:
    true = np.broadcast_to(FRONT, (CAMERAS, FRAMES, 17, 2)).copy()
    true[:, :, 13] = (50, 40)
    heights, spread = np.full(true.shape[:2], HEIGHT), []
    for depth in (4800.0, 5200.0):
        depths = np.full(true.shape[:3], 5000.0)
        depths[:, :, 13] = depth
        detections = detect_over_time(np.random.default_rng(2), true, depths, heights)
        spread.append(np.median(np.abs(detections - true)[:, :, 13]))
    assert spread[1] / spread[0] == pytest.approx(2.5, rel=0.05)
