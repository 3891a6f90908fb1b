"""`predictions.npz`: what the network said, from which every metric can be computed again."""

import zipfile
import zlib
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import RunError

FILE = "predictions.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Keypoints of N boxes, positions in image pixels."""

    sample_ids: NDArray[np.int64]  # (N,) annotation id, or row of the detections file
    image_ids: NDArray[np.int64]  # (N,)
    boxes: NDArray[np.float64]  # (N, 4) x, y, width, height
    box_scores: NDArray[np.float64]  # (N,)
    centers: NDArray[np.floating]  # (N, 2) of the crop
    scales: NDArray[np.floating]  # (N, 2) of the crop, over `geometry.UNIT`
    keypoints: NDArray[np.float32]  # (N, K, 2)
    scores: NDArray[np.float32]  # (N, K)
    scored_images: NDArray[np.int64]  # (M,) ids of all images that were looked at, found or not
    peaks: NDArray[np.float32] | None = None  # (N, K, p, p) cells around each map's maximum
    corners: NDArray[np.int16] | None = None  # (N, K, 2) x, y of the peaks' first cell

    def write(self, folder: Path) -> None:
        """Write the file, whole or not at all."""
        partial = folder / ".predictions.partial.npz"
        kept = {name: array for name, array in asdict(self).items() if array is not None}
        np.savez_compressed(partial, **kept)
        partial.replace(folder / FILE)


def read(folder: Path) -> Predictions:
    """Return the predictions of a run.

    Raises:
        RunError: the run has none, or they are not whole.
    """
    path = folder / FILE
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            arrays: dict[str, Any] = {
                field.name: content[field.name]
                for field in fields(Predictions)
                if field.name in content or field.default is MISSING
            }
    except FileNotFoundError as error:
        raise RunError(f"{path} does not exist; give the folder of a run that has ended") from error
    except (OSError, EOFError, ValueError, KeyError, zlib.error, zipfile.BadZipFile) as error:
        raise RunError(f"{path} is not whole: {error}; run again") from error
    return Predictions(**arrays)
