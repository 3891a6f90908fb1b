"""What is asked of videos: to follow persons, to smooth their keypoints, to draw their numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hrbench.data.media import Medium
from hrbench.draw.predicted import IDS, MARKS
from hrbench.errors import RunError, UnknownNameError
from hrbench.kinds.predictor import Follower, PicturePredictor, Smoothing


@dataclass(frozen=True, slots=True)
class Follow:
    """How objects are followed through videos."""

    tracks: bool = False  # by the overlap of their boxes
    smooth: bool = False  # their places, along these
    smooth_cutoff: float | None = None  # Hz; None: `Smoothing`'s own
    smooth_beta: float | None = None

    @property
    def smoothing(self) -> Smoothing | None:
        """How places are smoothed.

        Raises:
            RunError: it is said how, and not that they are; or it is no number.
        """
        asked = {"cutoff": self.smooth_cutoff, "beta": self.smooth_beta}
        said = {key: value for key, value in asked.items() if value is not None}
        if said and not self.smooth:
            raise RunError(f"--smooth-{next(iter(said))} goes with --smooth")
        for key, value in said.items():
            if not math.isfinite(value):
                raise RunError(f"--smooth-{key} is {value}; give a number of Hz")
        return Smoothing(**said) if self.smooth else None


NOBODY = Follow()


def follower(
    asked: Follow, media: Sequence[Medium], predictor: PicturePredictor
) -> Follower | None:
    """Return what follows the objects of videos; None where that is not asked for.

    Raises:
        RunError: there is no video, nothing to follow, or a library is missing.
    """
    smoothing = asked.smoothing
    if smoothing is None and not asked.tracks:
        return None
    if not any(medium.is_video for medium in media):
        raise RunError("--tracks and --smooth go with videos, and there is none")
    return predictor.follower(smoothing)


def marks(asked: str | None, follow: Follow, predictor: PicturePredictor) -> tuple[str, ...]:
    """Return what is drawn besides keypoints, of what is asked for between commas.

    Raises:
        HrbenchError: there is no such mark, or nothing that it could mark.
    """
    names = tuple(name.strip() for name in asked.split(",")) if asked else ()
    for name in names:
        if name not in MARKS:
            raise UnknownNameError("mark of --draw", name, MARKS)
    if names and not predictor.in_boxes:
        raise RunError(f"--draw goes with keypoints in images, and {predictor.finds} have no boxes")
    if IDS in names and not (follow.tracks or follow.smooth):
        raise RunError(f"--draw {IDS} draws the numbers that --tracks gives: ask for both")
    return names
