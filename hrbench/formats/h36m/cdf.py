"""The original release's CDF files of world joints.

Source: Ionescu et al. 2014, D3_Positions; as VideoPose3D's data/prepare_data_h36m.py reads them.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data.clips import Motion
from hrbench.errors import DataError
from hrbench.formats.h36m.frame_names import ALL_JOINTS, KEPT, WHOLE, sequence

JOINTS = Path("MyPoseFeatures") / "D3_Positions"
VARIABLE = "Pose"


def motions(folder: Path, subjects: Sequence[str]) -> list[Motion]:
    """Return the sequences of some subjects, in mm.

    Raises:
        DataError: a subject is missing, a file is not one of joints, or there is no cdflib.
    """
    sequences = []
    for subject in subjects:
        place = folder / subject / JOINTS
        files = sorted(file for file in place.glob("*.cdf") if WHOLE not in file.stem)
        if not files:
            raise DataError(f"{place} has no .cdf file; the subject's sequences are missing there")
        for file in files:
            flat = _pose(file)
            frames = flat.reshape(-1, 3 * ALL_JOINTS) if flat.shape[-1:] == (96,) else None
            if frames is None or not np.isfinite(frames).all():
                raise DataError(
                    f"{file}: '{VARIABLE}' of shape {flat.shape}, not (1, frames, 96) of numbers"
                )
            joints = frames.reshape(-1, ALL_JOINTS, 3)[:, KEPT]
            sequences.append(Motion(subject, sequence(file.stem), joints))
    return sequences


def _pose(file: Path) -> NDArray[np.floating]:
    try:
        import cdflib  # noqa: PLC0415  an extra
    except ImportError as error:
        raise DataError(
            f"{file} is a CDF file, which needs cdflib: pip install 'hrbench[cdf]'"
        ) from error
    try:
        return np.asarray(cdflib.CDF(file).varget(VARIABLE), dtype=np.float64)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise DataError(f"{file} is not a whole CDF file with '{VARIABLE}' ({error})") from error
