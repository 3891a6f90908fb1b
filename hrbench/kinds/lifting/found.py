"""The joints in space of a pose.

Letters: J joints, 17 of Human3.6M.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Floats, Pixels
from hrbench.kinds.found import Found

DIGITS = 2  # behind the point, of mm


def header(names: Sequence[str]) -> tuple[str, ...]:
    """Return what the columns of a table of joints are called."""
    return tuple(f"{name}_{axis}" for name in names for axis in "xyz")


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Joints(Found):
    """The joints of one person in a picture.

    Attributes:
        joints: (J, 3) x, y, z in mm in the camera's frame, from the hip.
        keypoints: (J, 2) what they were lifted from, in pixels.
        names: of the joints.
    """

    finds: ClassVar[str] = "joints"

    joints: Floats
    keypoints: NDArray[np.floating]
    names: tuple[str, ...]

    @property
    def header(self) -> tuple[str, ...]:
        return header(self.names)

    def rows(self) -> list[dict[str, Any]]:
        return [{"joints": self.joints.round(DIGITS).tolist()}]

    def cells(self) -> list[list[Any]]:
        return [self.joints.round(DIGITS).ravel().tolist()]

    def drawn(self, marks: Collection[str] = ()) -> Pixels:
        """Return the keypoints, and the joints from two sides."""
        del marks
        return self.picture()
