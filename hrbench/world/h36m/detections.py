"""A keypoint detector that was never there: it watches a video and errs as real ones do.

Its errors last for some frames, are larger for hands and feet and for what the body hides; now
and then it takes left for right, or is wrong altogether.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats

LEFT, RIGHT = [4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]  # of Human3.6M's 17 joints
_LEGS, _ARMS = slice(0, 3), slice(3, 6)  # of those
# Standard deviations as parts of the person's height, in the order of the 17 joints.
_DEVIATION = np.array(
    (
        *(0.0045, 0.0055, 0.0075, 0.0105, 0.0055, 0.0075, 0.0105),
        *(0.0055, 0.0045, 0.005, 0.0055),
        *(0.006, 0.009, 0.0125, 0.006, 0.009, 0.0125),
    )
)
_HIDDEN = 2.5  # times the usual error
_LASTING = 0.9  # of an error from one frame to the next; the rest is new
_EXCHANGE_EVERY, _EXCHANGE_FRAMES = 500, (3, 16)  # frames
_MISS_EVERY, _MISS_FRAMES = 1500, (1, 6)  # frames of one joint
_MISS = 0.12  # of the height: standard deviation
# What can hide a joint: from one joint to another, as thick as this part of the height.
_SOLIDS = (
    *((0, 8, 0.08), (1, 2, 0.045), (2, 3, 0.03), (4, 5, 0.045), (5, 6, 0.03)),
    *((14, 15, 0.033), (15, 16, 0.024), (11, 12, 0.033), (12, 13, 0.024), (9, 10, 0.045)),
)
_BEHIND = 90.0  # mm: deeper than a solid's middle by this is behind it


def detect_over_time(
    rng: np.random.Generator, pixels: Floats, depths: Floats, heights: Floats
) -> Floats:
    """Return (C, T, 17, 2) detections for as many true keypoints in pixels.

    `depths` are the (C, T, 17) depths of the joints in mm; `heights` the (C, T) heights in
    pixels that the person has at that distance when standing.
    """
    scale = heights[..., None] * _DEVIATION
    scale = scale * np.where(hidden(pixels, depths, heights), _HIDDEN, 1.0)
    detections: Floats = pixels + scale[..., None] * _lasting_noise(rng, pixels.shape)
    cameras, frames, joints, _ = pixels.shape
    for camera in range(cameras):
        for when in _spells(rng, frames, frames / _EXCHANGE_EVERY, _EXCHANGE_FRAMES):
            limbs = _LEGS if rng.random() < 0.5 else _ARMS
            one, other = LEFT[limbs], RIGHT[limbs]
            detections[camera, when, one + other] = detections[camera, when, other + one]
        for when in _spells(rng, frames, frames * joints / _MISS_EVERY, _MISS_FRAMES):
            offset = rng.normal(0, _MISS, 2) * heights[camera, when][:, None]
            detections[camera, when, rng.integers(joints)] += offset
    return detections


def hidden(pixels: Floats, depths: Floats, heights: Floats) -> NDArray[np.bool_]:
    """Tell which (..., 17) joints a limb, the trunk or the head is in front of."""
    covered = np.zeros(depths.shape, dtype=bool)
    for start, end, thickness in _SOLIDS:
        origin, axis = pixels[..., start, :], pixels[..., end, :] - pixels[..., start, :]
        way = pixels - origin[..., None, :]
        square = np.maximum((axis**2).sum(axis=-1), 1e-9)[..., None]
        along = np.clip((way * axis[..., None, :]).sum(axis=-1) / square, 0, 1)
        aside = np.linalg.norm(way - along[..., None] * axis[..., None, :], axis=-1)
        first, last = depths[..., start, None], depths[..., end, None]
        behind = depths > first + along * (last - first) + _BEHIND
        covers = behind & (aside < thickness * heights[..., None])
        covers[..., [start, end]] = False
        covered |= covers
    return covered


def _lasting_noise(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Return (C, T, ...) numbers of variance 1 that follow one another slowly along T."""
    noise = rng.normal(size=shape)
    for frame in range(1, shape[1]):
        noise[:, frame] *= np.sqrt(1 - _LASTING**2)
        noise[:, frame] += _LASTING * noise[:, frame - 1]
    return noise


def _spells(
    rng: np.random.Generator, frames: int, expected: float, lasting: tuple[int, int]
) -> Iterator[slice]:
    """Yield short stretches of frames, as many as expected on average."""
    for _ in range(rng.poisson(expected)):
        start = int(rng.integers(frames))
        yield slice(start, start + int(rng.integers(*lasting)))
