"""The persons of a video, told apart from frame to frame, and smoothed.

Letters: N boxes.
"""

import logging
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from hrbench.arrays import Floats
from hrbench.errors import RunError
from hrbench.kinds.landmarks.found import Keypoints
from hrbench.kinds.landmarks.one_euro import SPEED_CUTOFF, OneEuro
from hrbench.kinds.predictor import Smoothing

LIBRARY = "norfair"  # its maintained fork norfair-enough has kept the name
OVERLAP = 0.3  # intersection over union, at least, with where somebody is expected
LOST = 1.0  # seconds that somebody is waited for who was there as long before


class Follower:
    """What follows persons by the overlap of their boxes.

    Raises:
        RunError: the library is not installed.
    """

    def __init__(self, smoothing: Smoothing | None) -> None:
        try:
            self._norfair = import_module(LIBRARY)
        except ImportError as error:
            raise RunError(
                "--tracks and --smooth need norfair-enough: pip install 'hrbench[tracks]'"
            ) from error
        # It warns of each frame in which somebody is waited for whose box has shrunk to nothing.
        logging.getLogger(LIBRARY).setLevel(logging.ERROR)
        self._smoothing = smoothing
        by = f"norfair-enough {self._norfair.__version__}"
        self.about: dict[str, Any] = {"tracks": {"by": by, "overlap": OVERLAP, "lost_after": LOST}}
        if smoothing is not None:
            filtered = {"cutoff": smoothing.cutoff, "beta": smoothing.beta}
            self.about["smoothing"] = {"by": "one-euro", **filtered, "speed_cutoff": SPEED_CUTOFF}

    def video(self, rate: float) -> "Followed":
        """Return what takes the frames of a video, in their order."""
        tracker = self._norfair.Tracker(
            distance_function="iou",
            distance_threshold=1 - OVERLAP,
            hit_counter_max=max(2, round(LOST * rate)),
            initialization_delay=0,  # everybody has a number at once
        )
        return Followed(tracker, self._norfair.Detection, self._smoothing)


class Followed:
    """The persons of one video."""

    def __init__(self, tracker: Any, detection: Any, smoothing: Smoothing | None) -> None:
        self._tracker, self._detection, self._smoothing = tracker, detection, smoothing
        self._frames = 0
        self._filters: dict[int, OneEuro] = {}  # by track

    def __call__(self, found: Keypoints, time: float) -> Keypoints:
        """Return what was found in the next frame with the numbers of its persons, smoothed."""
        tracks = self._numbers(found.boxes)
        if self._smoothing is None:
            return replace(found, tracks=tracks)
        keypoints = found.keypoints.copy()
        sizes = np.sqrt(found.boxes[:, 2:].prod(axis=1)).tolist()
        for row, (track, size) in enumerate(zip(tracks, sizes, strict=True)):
            smooth = self._filters.setdefault(track, OneEuro(self._smoothing))
            keypoints[row] = smooth(keypoints[row].astype(np.float64), time, size)
        return replace(found, tracks=tracks, keypoints=keypoints)

    def _numbers(self, boxes: Floats) -> tuple[int, ...]:
        """Return the number, from 1, of the person that each of (N, 4) boxes is of."""
        self._frames += 1
        corners = np.stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
        seen = [
            self._detection(points=points, data=(self._frames, row))
            for row, points in enumerate(corners)
        ]
        people = self._tracker.update(seen)
        by_box = {person.last_detection.data: int(person.id) for person in people}
        return tuple(by_box[self._frames, row] for row in range(len(boxes)))
