"""`predictions.npz`: what the network said, from which every metric can be computed again."""

import zipfile
import zlib
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import RunError

FILE = "predictions.npz"
_Kind = TypeVar("_Kind", bound="Stored")


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """Arrays that a run keeps."""

    def write(self, folder: Path) -> None:
        """Write the file, whole or not at all."""
        partial = folder / ".predictions.partial.npz"
        kept = {name: array for name, array in asdict(self).items() if array is not None}
        np.savez_compressed(partial, **kept)
        partial.replace(folder / FILE)


@dataclass(frozen=True, slots=True, eq=False)
class Predictions(Stored):
    """Keypoints of N boxes, positions in image pixels."""

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

    clips: NDArray[np.str_]  # (C,) subject/sequence/camera
    lengths: NDArray[np.int64]  # (C,) frames
    frames: NDArray[np.int64]  # (N,) their numbers, at 50 a second
    keypoints: NDArray[np.float32]  # (N, 17, 2) that were lifted, image pixels
    joints: NDArray[np.float32]  # (N, 17, 3) mm, camera frame


@dataclass(frozen=True, slots=True, eq=False)
class ClassPredictions(Stored):
    """The likeliest classes of N pictures."""

    sample_ids: NDArray[np.int64]  # (N,) in the order of the files' names
    labels: NDArray[np.int64]  # (N, 5) numbers of classes, the likeliest first
    scores: NDArray[np.float32]  # (N, 5) their probabilities


def read(folder: Path, kind: type[_Kind]) -> _Kind:
    """Return the predictions of a run.

    Raises:
        RunError: the run has none, or they are not whole.
    """
    path = folder / FILE
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            arrays: dict[str, Any] = {
                field.name: content[field.name]
                for field in fields(kind)
                if field.name in content or field.default is MISSING
            }
    except FileNotFoundError as error:
        raise RunError(f"{path} does not exist; give the folder of a run that has ended") from error
    except (OSError, EOFError, ValueError, KeyError, zlib.error, zipfile.BadZipFile) as error:
        raise RunError(f"{path} is not whole: {error}; run again") from error
    return kind(**arrays)
