"""The pictures that the boxes of a file are of, told by what the file calls them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.boxes.detections import Detections
from hrbench.boxes.names import NOT_THERE, told
from hrbench.data.faults import Fault, fault_of
from hrbench.data.media import Medium


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """The pictures that boxes are of."""

    place: NDArray[np.int64]  # (N,) index of its file; NOT_THERE
    elsewhere: tuple[str, ...]  # names of these in another folder than the file
    faults: list[Fault]


def placed(boxes: Detections, media: Sequence[Medium]) -> Placed:
    """Return which file each box is of."""
    paths = [medium.path.absolute().as_posix() for medium in media]
    agreeing = told([image for image in boxes.images if isinstance(image, str)], paths)
    alone = len(media) == 1 and media[0].is_video  # then numbers are of its frames
    named = bool(boxes.ids)  # then a number is no picture's but that of the file's own list
    called: dict[int, list[int]] = defaultdict(list)
    for index, medium in enumerate(media):
        if (number := number_of(medium)) is not None:
            called[number].append(index)
    place, unclear = [], []
    for image in boxes.images:
        if isinstance(image, str) and image in agreeing.place:
            place.append(agreeing.place[image])
            continue
        is_number = not named and str(image).isascii() and str(image).isdigit()
        number = int(image) if is_number else NOT_THERE
        near = [0] if alone and number != NOT_THERE else called.get(number, [])
        place.append(near[0] if len(near) == 1 else NOT_THERE)
        if len(near) > 1:
            unclear.append(f"{number} is {' or '.join(paths[index] for index in near[:3])}")
    places = np.array(place, dtype=np.int64)
    return Placed(
        places,
        agreeing.elsewhere,
        [
            *agreeing.faults,
            *fault_of("numbers that several images are called by", list(dict.fromkeys(unclear))),
            *_frameless(boxes, media, places),
        ],
    )


def number_of(medium: Medium) -> int | None:
    """Return the number that an image file is called by, as COCO's are."""
    stem = medium.path.stem
    return int(stem) if not medium.is_video and stem.isascii() and stem.isdigit() else None


def frame_of(boxes: Detections, row: int, medium: Medium) -> int | None:
    """Return the frame that a box is of; None where it is of a picture, or says none."""
    if not medium.is_video:
        return None
    frame, image = boxes.frames[row], boxes.images[row]
    return image if frame is None and isinstance(image, int) else frame


def _frameless(boxes: Detections, media: Sequence[Medium], place: NDArray[np.int64]) -> list[Fault]:
    rows = [
        row
        for row, index in enumerate(place.tolist())
        if index != NOT_THERE
        and media[index].is_video
        and frame_of(boxes, row, media[index]) is None
    ]
    odd = [f"box {boxes.rows[row]} of {boxes.images[row]}" for row in rows]
    return fault_of("boxes of a video that do not say their 'frame', from 0", odd)
