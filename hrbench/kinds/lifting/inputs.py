"""How keypoints enter a lifting network, and how its answer to mirrored ones is turned back."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.cameras import screen
from hrbench.data.clips import Clip
from hrbench.data.pose_statistics import KEYPOINTS_IN
from hrbench.data.sequences import mirrored
from hrbench.errors import DataError
from hrbench.spec import LinearModel, TemporalModel

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The frame of a network's keypoints, and the frames around one that it sees."""

    screen: bool  # VideoPose3D's coordinates rather than pixels
    pad: int  # frames before, and after
    shift: int  # by which the window lies earlier; `pad` for one that sees no later frame
    order: NDArray[np.int64]  # (17,) of the joints in a mirror

    def of(self, clip: Clip) -> Floats:
        """Return (T, 17, 2) keypoints of a clip.

        Raises:
            DataError: the camera's size is not known, or a keypoint is not there.
        """
        keypoints = clip.keypoints
        if self.screen:
            keypoints = screen(keypoints, _size(clip))
        used = keypoints if self.screen else keypoints[:, KEYPOINTS_IN]
        if not np.isfinite(used).all():
            raise DataError(
                f"{'/'.join(clip.key)}: the 2D keypoints lack joints that this network takes "
                "(detections of 16 joints have no neck_nose); name others with --keypoints, or "
                "lift with the variant 'linear'"
            )
        return np.nan_to_num(keypoints).astype(np.float32)

    def mirrored(self, keypoints: Floats, clip: Clip) -> Floats:
        """Return (..., 17, 2) keypoints as a mirror shows them."""
        turned = mirrored(keypoints, self.order)
        if not self.screen:
            turned[..., 0] += _size(clip)[0]
        return turned.astype(np.float32)


def inputs_of(model: LinearModel | TemporalModel, order: NDArray[np.int64]) -> Inputs:
    """Return how keypoints enter a network."""
    if isinstance(model, LinearModel):
        return Inputs(screen=False, pad=0, shift=0, order=order)
    pad = math.prod(model.filter_widths) // 2
    return Inputs(screen=True, pad=pad, shift=pad if model.causal else 0, order=order)


def _size(clip: Clip) -> tuple[int, int]:
    if clip.camera.size is None:
        raise DataError(
            f"{'/'.join(clip.key)}: the cameras' file has no size of the images, by which "
            "keypoints are normalised; put Human3.6M's cameras.pkl or metadata.xml beside it"
        )
    return clip.camera.size
