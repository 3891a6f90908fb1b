"""Which boxes of a file count: by the name of their category, and the image they are of."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench.boxes.detections import EMPTY, Detections, empty
from hrbench.boxes.names import NOT_THERE, told
from hrbench.data.annotated import Annotations
from hrbench.data.faults import Fault, fault_of, stated
from hrbench.lints.boxes import doubts

OTHER, CROWD = "boxes of other categories", "boxes marked as crowd"
Ids = AbstractSet[int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The category whose boxes count."""

    names: AbstractSet[str] = frozenset()
    ids: Ids = frozenset()  # in files that do not name them
    keypoints: tuple[str, ...] = ()  # a category with these is meant, whatever it is called
    asked: bool = False  # by the user: nothing else will do


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The boxes that count, and how many others there are, by why."""

    boxes: Detections
    left_out: Mapping[str, int]


def of_split(
    detections: Detections, listed: Annotations
) -> tuple[Chosen, NDArray[np.int64], list[Fault]]:
    """Return the boxes that count on a split, the indices of their images, and what is wrong.

    `listed` are the split's images and the names of its categories.
    """
    names = listed.categories
    chosen, faults = of_category(detections, Wanted(frozenset(names.values()), frozenset(names)))
    boxes = chosen.boxes
    place, unclear = _places(boxes, listed)
    known = place != NOT_THERE
    strange = dict.fromkeys(boxes.images[row] for row in np.flatnonzero(~known).tolist())
    sizes = np.zeros((len(place), 2), dtype=np.int64)
    sizes[known] = listed.image_sizes[place[known]]
    faults += fault_of(
        "images with detected boxes, not listed",
        [f"id {image}" if isinstance(image, int) else image for image in strange],
    )
    faults += unclear
    faults += doubts(boxes.boxes, sizes, boxes.rows.tolist())
    if detections.scores is None and len(detections):
        faults.append(stated("no box has a 'score', which COCO's results have"))
    return chosen, place, faults


def of_category(detections: Detections, wanted: Wanted) -> tuple[Chosen, list[Fault]]:
    """Return the boxes of single objects of a category, and what keeps it from being told.

    Those without any extent are left out, too.
    """
    kept, faults = np.ones(len(detections), dtype=bool), []
    if detections.categories is not None and len(detections):
        kept = np.isin(
            detections.categories, sorted(_ids(detections, detections.categories, wanted))
        )
        if not kept.any():
            faults.append(stated(_refusal(detections, detections.categories, wanted)))
    left_out = {OTHER: int((~kept).sum())}
    for why, unfit in ((CROWD, detections.crowd), (EMPTY, empty(detections))):
        left_out[why] = int((kept & unfit).sum())
        kept &= ~unfit
    return Chosen(
        detections.chosen(kept), {w: count for w, count in left_out.items() if count}
    ), faults


def _ids(detections: Detections, categories: NDArray[np.int64], wanted: Wanted) -> Ids:
    """Return the categories that count, as a file numbers them; none where that is not clear."""
    there = set(np.unique(categories).tolist())
    if not detections.names:
        if wanted.ids:
            return there & wanted.ids
        return there if len(there) == 1 and not wanted.asked else set()
    named = {number: _plain(one.name) for number, one in detections.names.items()}
    same = {
        number
        for number, one in detections.names.items()
        if wanted.keypoints and one.keypoints == wanted.keypoints
    }
    names = {_plain(name) for name in wanted.names}
    called = {number for number, name in named.items() if name in names}
    if wanted.asked:
        return called or set(named) & wanted.ids
    if ids := same & there or called:
        return ids
    alone = len(named) == 1 or (len(there) == 1 and not wanted.names)
    return there if alone else set()


def _refusal(detections: Detections, categories: NDArray[np.int64], wanted: Wanted) -> str:
    """Return why no box counts: the categories that there are, and the one that is wanted."""
    numbers, counts = np.unique(categories, return_counts=True)
    names = {number: f"{one.name} ({number})" for number, one in detections.names.items()}
    there = ", ".join(
        f"{count} of {names.get(number, f'category {number}')}"
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
    )
    if not detections.names and not wanted.ids and not wanted.asked:
        return (
            f"its boxes are of several categories that it does not name ({there}); "
            "add COCO's 'categories' with their names to it"
        )
    numbered = "" if detections.names or not wanted.ids else f" ({_listed(map(str, wanted.ids))})"
    return f"no detected box is of category {_listed(wanted.names)}{numbered}, but {there}"


def _places(boxes: Detections, listed: Annotations) -> tuple[NDArray[np.int64], list[Fault]]:
    """Return the index of each box's image, NOT_THERE where it is not listed; and what is unclear.

    An image is told by its name where the file says one, else by its number.
    """
    by_id = {number: index for index, number in enumerate(listed.image_ids.tolist())}
    names = [image for image in boxes.images if isinstance(image, str)]
    agreeing = told(names, listed.file_names if names else ())
    place = {name: at for name, at in agreeing.place.items() if name not in agreeing.elsewhere}
    for name in set(names) - place.keys():
        if name.isascii() and name.isdigit():  # an id as text
            place[name] = by_id.get(int(name), NOT_THERE)
    indices = [
        by_id.get(image, NOT_THERE) if isinstance(image, int) else place.get(image, NOT_THERE)
        for image in boxes.images
    ]
    return np.array(indices, dtype=np.int64), agreeing.faults


def _plain(name: str) -> str:
    return name.strip().casefold()


def _listed(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))
