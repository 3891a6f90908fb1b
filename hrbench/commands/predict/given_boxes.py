"""Boxes for pictures that are no dataset, from a file of detections, results or annotations."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hrbench.boxes import detections
from hrbench.boxes.choosing import Chosen, Wanted, of_category
from hrbench.boxes.detections import ADVICE, NO_SIZE, Detections
from hrbench.boxes.names import NOT_THERE
from hrbench.commands.predict import placed_boxes
from hrbench.commands.predict.placed_boxes import Placed
from hrbench.data import framing
from hrbench.data.faults import Fault, fault_of, stop_at_fatal
from hrbench.data.headers import Header, header
from hrbench.data.media import Medium, frames
from hrbench.data.sample import in_words
from hrbench.errors import DataError
from hrbench.lints.boxes import doubts

Floats = NDArray[np.float64]
Value = TypeVar("Value")
CATEGORY = "`hrbench predict --box-category` names the one to take"
NONE: Floats = np.zeros((0, 5))


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The boxes of pictures."""

    boxes: Mapping[tuple[Path, int | None], Floats]  # (N, 5) x, y, width, height, score, by frame
    ids: Mapping[Path, int]  # of the pictures that the file numbers
    category: int | None  # of the boxes, where the file names its categories
    without: tuple[Path, ...]  # pictures of which the file has no box
    left_out: Mapping[str, int]  # boxes that nothing is made of, by why
    remarks: tuple[str, ...]  # what a user should know

    def of(self, path: Path, frame: int | None) -> Floats:
        """Return the (N, 5) boxes of a picture, or of a frame of a video."""
        return self.boxes.get((path, frame), NONE)

    @property
    def frames(self) -> dict[Path, list[int]]:
        """The frames of each video that have boxes, in their order."""
        frames: defaultdict[Path, list[int]] = defaultdict(list)
        for path, frame in self.boxes:
            if frame is not None:
                frames[path].append(frame)
        return {path: sorted(of_video) for path, of_video in frames.items()}


def given(
    path: Path,
    media: Sequence[Medium],
    wanted: Wanted,
    threshold: float,
    allow: Sequence[str] = (),
) -> Given:
    """Return the boxes that a file has of some pictures, in pixels of the upright ones.

    A picture is told by its name, with all of its folders, some or none; by its number only where
    the file says no name, and that is the number that the picture is called by. Frames are told by
    'frame', or by their number where a video is the only file.

    Raises:
        DataError: the file does not exist or holds no boxes, it has a fault that `allow` does not
            name, or none of its boxes is of these pictures.
    """
    if not path.exists():
        raise DataError(f"boxes: {path} does not exist; name a file that does, whole, or detector")
    every, faults = detections.read(path)
    chosen, more = of_category(every, wanted)
    stop_at_fatal(path, [*faults, *more], allow, f"{CATEGORY}; {ADVICE}")
    boxes = chosen.boxes
    placed = placed_boxes.placed(boxes, media)
    known = placed.place != NOT_THERE
    headers = {int(index): _header(media[index]) for index in np.unique(placed.place[known])}
    of_media = np.zeros((len(media) + 1, 2), dtype=np.int64)  # the last one of NOT_THERE
    for index, seen in headers.items():
        of_media[index] = NO_SIZE if seen is None else seen.turned
    faults += [
        *placed.faults,
        *_other_sizes(boxes, media, placed.place, headers),
        *doubts(boxes.boxes, of_media[placed.place], boxes.rows.tolist()),
    ]
    met = stop_at_fatal(path, faults, allow, ADVICE)
    scores = np.ones(len(boxes)) if boxes.scores is None else boxes.scores
    sure = scores >= threshold
    kept = known & sure
    if not kept.any():
        raise DataError(_none(path, media, chosen, known, threshold))
    table = _by_frame(boxes, scores, placed.place, kept, media)
    unsure = {f"boxes of a score below {threshold:g}": int((known & ~sure).sum())}
    strange = {"boxes of images that are not among the pictures": int((~known).sum())}
    left_out = {**chosen.left_out, **strange, **unsure}
    return Given(
        table,
        _ids(boxes, media, placed.place),
        int(boxes.categories[0]) if boxes.names and boxes.categories is not None else None,
        _without(table, media),
        {why: count for why, count in left_out.items() if count},
        (*met, *_remarks(boxes, scores, threshold, placed, faults)),
    )


def _header(medium: Medium) -> Header | None:
    """Return the size of a picture, and how it is turned; of a video those of its first frame."""
    if not medium.is_video:
        return header(medium.path)
    height, width = next(frames(medium.path)).shape[:2]
    return Header((width, height))


def _other_sizes(
    boxes: Detections,
    media: Sequence[Medium],
    place: NDArray[np.int64],
    headers: Mapping[int, Header | None],
) -> list[Fault]:
    """Return the pictures that the file says other sizes of than they have."""
    said = _by_picture(boxes, place, boxes.sizes)
    names = [str(media[index].path) for index in said]
    compared = framing.compared(names, [headers[index] for index in said], list(said.values()))
    kind = "pictures whose boxes are of what is stored, and not of what their EXIF tag turns it to"
    return [*compared.sizes(), *fault_of(kind, compared.as_stored, name=framing.NAME)]


def _by_frame(
    boxes: Detections,
    scores: Floats,
    place: NDArray[np.int64],
    kept: NDArray[np.bool_],
    media: Sequence[Medium],
) -> dict[tuple[Path, int | None], Floats]:
    rows: defaultdict[tuple[Path, int | None], list[int]] = defaultdict(list)
    for row in np.flatnonzero(kept).tolist():
        medium = media[place[row]]
        rows[medium.path, placed_boxes.frame_of(boxes, row, medium)].append(row)
    columns = np.column_stack([boxes.boxes, scores])
    return {key: columns[chosen] for key, chosen in rows.items()}


def _ids(boxes: Detections, media: Sequence[Medium], place: NDArray[np.int64]) -> dict[Path, int]:
    """Return the ids that the file gives the images that it names."""
    named = _by_picture(boxes, place, boxes.ids)
    return {media[index].path: number for index, number in named.items()}


def _by_picture(
    boxes: Detections, place: NDArray[np.int64], by_name: Mapping[str, Value]
) -> dict[int, Value]:
    """Return by a picture's index what the file says of the image that it names."""
    return {
        index: by_name[image]
        for index, image in zip(place.tolist(), boxes.images, strict=True)
        if index != NOT_THERE and isinstance(image, str) and image in by_name
    }


def _without(
    table: Mapping[tuple[Path, int | None], Floats], media: Sequence[Medium]
) -> tuple[Path, ...]:
    seen = {path for path, _ in table}
    return tuple(medium.path for medium in media if medium.path not in seen)


def _none(
    path: Path,
    media: Sequence[Medium],
    chosen: Chosen,
    known: NDArray[np.bool_],
    threshold: float,
) -> str:
    """Return why no box of a file is of any picture."""
    boxes = chosen.boxes
    if not len(boxes):
        besides = f" but {in_words(chosen.left_out)}" if chosen.left_out else ""
        return f"boxes: {path} has none{besides}"
    if known.any():
        return (
            f"boxes: those that {path} has of the pictures are below the threshold of "
            f"{threshold:g}, which `hrbench predict --box-threshold` sets"
        )
    images = _few([str(image) for image in dict.fromkeys(boxes.images)])
    pictures = _few([str(medium.path) for medium in media])
    return (
        f"boxes: no box of {path} is in any of the pictures ({pictures}): it is of {images}; "
        "an image is told by its 'file_name', with or without its folders, or by an 'image_id' "
        "that the picture is called by (000139.jpg is 139)"
    )


def _few(names: Sequence[str]) -> str:
    return ", ".join([*names[:3], *["…"] * (len(names) > 3)])


def _remarks(
    boxes: Detections, scores: Floats, threshold: float, placed: Placed, faults: Sequence[Fault]
) -> list[str]:
    sentences = [str(fault) for fault in faults if not fault.fatal]
    if placed.elsewhere:
        count, first = len(placed.elsewhere), placed.elsewhere[0]
        sentences.append(
            f"{count} images were told by their file's name alone: the boxes' folder is another "
            f"({first}, …)"
        )
    if threshold > 0 and len(scores) and scores.max() > 1:
        above = int((scores > 1).sum())
        sentences.append(
            f"{above} of {len(boxes)} boxes have a score above 1 (up to {scores.max():g}), while "
            f"the threshold of {threshold:g} is of scores from 0 to 1"
        )
    return sentences
