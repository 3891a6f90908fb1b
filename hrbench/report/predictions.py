"""`predictions.npz`: what the network said, from which every metric can be computed again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import RunError
from hrbench.report import stored

FILE = "predictions.npz"
Shape: TypeAlias = tuple[str | int, ...]
_Kind = TypeVar("_Kind", bound="Stored")


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """Arrays that a run keeps."""

    # Those that have to fit each other; a letter is one length, wherever it stands.
    shapes: ClassVar[Mapping[str, Shape]] = {}
    numbers: ClassVar[tuple[str, ...]] = ()  # that are never NaN

    @property
    def misfit(self) -> str:
        """Which array does not fit the others, in words; nothing where all do."""
        sizes: dict[str | int, int] = {}
        for name, shape in self.shapes.items():
            array = getattr(self, name)
            known = [n if isinstance(n, int) else sizes.get(n) for n in shape]
            if len(array.shape) != len(shape) or any(
                size not in {have, None} for size, have in zip(known, array.shape, strict=True)
            ):
                return f"{name} has the shape {array.shape}"
            sizes |= dict(zip(shape, array.shape, strict=True))
        odd = (name for name in self.numbers if not np.isfinite(getattr(self, name)).all())
        return next((f"{name} holds what is no number" for name in odd), "")

    def write(self, folder: Path) -> None:
        """Write the file, whole or not at all."""
        stored.write(folder / FILE, self)


@dataclass(frozen=True, slots=True, eq=False)
class Predictions(Stored):
    """Keypoints of N boxes, positions in image pixels."""

    shapes: ClassVar[Mapping[str, Shape]] = {
        "sample_ids": ("N",),
        "image_ids": ("N",),
        "boxes": ("N", 4),
        "box_scores": ("N",),
        "centers": ("N", 2),
        "scales": ("N", 2),
        "keypoints": ("N", "K", 2),
        "scores": ("N", "K"),
        "scored_images": ("M",),
    }
    numbers: ClassVar[tuple[str, ...]] = ("keypoints", "scores", "box_scores", "scales")

    sample_ids: NDArray[np.int64]  # (N,) annotation id, or row of the detections file
    image_ids: NDArray[np.int64]  # (N,)
    boxes: NDArray[np.float64]  # (N, 4) x, y, width, height
    box_scores: NDArray[np.float64]  # (N,)
    centers: NDArray[np.floating]  # (N, 2) of the crop
    scales: NDArray[np.floating]  # (N, 2) of the crop, over `geometry.UNIT`
    keypoints: NDArray[np.float32]  # (N, K, 2)
    scores: NDArray[np.float32]  # (N, K)
    scored_images: NDArray[np.int64]  # (M,) ids of all measured images, also without people
    peaks: NDArray[np.float32] | None = None  # (N, K, p, p) cells around each map's maximum
    corners: NDArray[np.int16] | None = None  # (N, K, 2) x, y of the peaks' first cell


@dataclass(frozen=True, slots=True, eq=False)
class JointPredictions(Stored):
    """Joints of the frames of C clips, one clip after the other, in mm around the hip."""

    shapes: ClassVar[Mapping[str, Shape]] = {
        "clips": ("C",),
        "lengths": ("C",),
        "frames": ("N",),
        "keypoints": ("N", 17, 2),
        "joints": ("N", 17, 3),
    }

    clips: NDArray[np.str_]  # (C,) subject/sequence/camera
    lengths: NDArray[np.int64]  # (C,) frames
    frames: NDArray[np.int64]  # (N,) their numbers, at 50 a second
    keypoints: NDArray[np.float32]  # (N, 17, 2) that were lifted, image pixels
    joints: NDArray[np.float32]  # (N, 17, 3) mm, camera frame


@dataclass(frozen=True, slots=True, eq=False)
class ClassPredictions(Stored):
    """The likeliest classes of N pictures."""

    shapes: ClassVar[Mapping[str, Shape]] = {
        "sample_ids": ("N",),
        "labels": ("N", "A"),
        "scores": ("N", "A"),
    }

    sample_ids: NDArray[np.int64]  # (N,) in the order of the files' names
    labels: NDArray[np.int64]  # (N, 5) numbers of classes, the likeliest first
    scores: NDArray[np.float32]  # (N, 5) their probabilities


def read(folder: Path, kind: type[_Kind]) -> _Kind:
    """Return the predictions of a run.

    Raises:
        RunError: the run has none, or they are not whole.
    """
    missing = "give the folder of a run that has ended"
    found = stored.read(folder / FILE, kind, missing=missing, spoilt="run again")
    if words := found.misfit:
        raise RunError(f"{folder / FILE} is not whole: {words}; run again")
    return found
