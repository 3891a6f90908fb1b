"""Pictures of single samples that a run leaves: of the largest errors, and around the median."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from hrbench.arrays import Pixels
from hrbench.report import cases
from hrbench.report.cases import Case

WORST, MEDIAN = 6, 3  # samples of each sort; of the worst, a third at most were not found
QUALITY = 88  # of JPEG


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A case whose picture has no name yet."""

    case: Case
    pixels: Pixels  # BGR


def write(folder: Path, drawn: Iterable[Drawn]) -> None:
    """Write pictures and their index into a run's folder; nothing where there is no case."""
    named = []
    for number, one in enumerate(drawn, start=1):
        case = replace(one.case, picture=f"{one.case.sort}-{number}.jpg")
        place = folder / cases.FOLDER / case.picture
        place.parent.mkdir(exist_ok=True)
        content = cv2.imencode(".jpg", one.pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
        place.write_bytes(content.tobytes())
        named.append(case)
    if named:
        cases.write(folder, named)
