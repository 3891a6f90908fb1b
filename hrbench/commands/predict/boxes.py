"""Where the boxes of a prediction come from: a file, a detector, or whole pictures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.boxes.choosing import Wanted
from hrbench.commands.predict import detector, given_boxes
from hrbench.commands.predict.detector import Detector
from hrbench.commands.predict.pictures import Picture
from hrbench.data.media import Medium
from hrbench.engine.runtime import Runtime
from hrbench.errors import RunError
from hrbench.formats.coco.annotations import PERSON
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.h36m.joint_maps import COCO
from hrbench.formats.registry import format_of
from hrbench.spec import DatasetSpec

Floats = NDArray[np.float64]
Find = Callable[[Sequence[Picture], Sequence[NDArray[np.uint8]]], list[Floats]]
WHOLE, DETECTOR = "whole", "detector"
FACE = "face"
PERSON_ID = 1  # COCO's
SHOWN = 3  # pictures by their names
ONE_EACH = "Each picture is taken as one box, and one {subject} is found in it."


@dataclass(frozen=True, slots=True)
class Wished:
    """What a user asks of boxes."""

    boxes: str | None  # whole, detector, or a file; None: as seems best
    threshold: float = 0.0
    category: str | None = None  # whose boxes of a file count
    detector: str | None = None  # a file of its weights
    allow: tuple[str, ...] = ()
    key: str = "--boxes "  # behind which a user says so


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """What finds boxes."""

    source: str  # whole, detector, or a file
    find: Find
    ids: Mapping[Path, int] = field(default_factory=dict)  # of pictures, in the file
    without: tuple[Path, ...] = ()  # pictures that have no box
    frames: Mapping[Path, Sequence[int]] = field(default_factory=dict)  # that the file has boxes of
    left_out: Mapping[str, int] = field(default_factory=dict)  # boxes of the file, by why
    words: tuple[str, ...] = ()  # to say before anything is predicted
    category: int | None = PERSON_ID  # of what is found, in COCO's results; None of no boxes


def boxes_of(
    wished: Wished, dataset: DatasetSpec, media: Sequence[Medium], runtime: Runtime
) -> Boxes:
    """Return what finds the boxes that a user asks for.

    Where nothing is asked for, persons are looked for by the detector if its weights are there;
    else each picture is one box.

    Raises:
        HrbenchError: the file is not right, or the detector does not work.
    """
    subject = subject_of(dataset)
    if wished.boxes is None and subject == PERSON and (weights := detector.cached()):
        words = f"Persons are looked for by torchvision's detector ({weights}); {wished.key}whole "
        find = Detector(runtime.device, None, wished.threshold)
        return Boxes(DETECTOR, find, words=(f"{words}takes each picture as one box.",))
    if wished.boxes in {None, WHOLE}:
        return Boxes(WHOLE, whole_pictures, words=_of_whole(wished, subject))
    if wished.boxes == DETECTOR:
        if subject == FACE:
            raise RunError(
                f"{wished.key}detector finds persons, and {dataset.name} is of faces: give their "
                f"boxes by {wished.key}FILE"
            )
        return Boxes(DETECTOR, Detector(runtime.device, wished.detector, wished.threshold))
    return _of_file(str(wished.boxes), wished, dataset, media)


def _of_file(file: str, wished: Wished, dataset: DatasetSpec, media: Sequence[Medium]) -> Boxes:
    wanted = _wanted(wished.category, subject_of(dataset), dataset)
    given = given_boxes.given(Path(file), media, wanted, wished.threshold, wished.allow)
    return Boxes(
        file,
        from_file(given),
        ids=given.ids,
        without=given.without,
        frames=given.frames,
        left_out=given.left_out,
        words=(*given.remarks, *_counted(given, media, file)),
        category=PERSON_ID if given.category is None else given.category,
    )


def whole_pictures(_: Sequence[Picture], images: Sequence[NDArray[np.uint8]]) -> list[Floats]:
    """Return one box for each picture: all of it."""
    sizes = [image.shape[1::-1] for image in images]
    return [np.array([[0, 0, width, height, 1]], dtype=np.float64) for width, height in sizes]


def from_file(given: given_boxes.Given) -> Find:
    """Return what looks boxes up in a file's."""

    def find(pictures: Sequence[Picture], _: Sequence[NDArray[np.uint8]]) -> list[Floats]:
        return [given.of(picture.path, picture.frame) for picture in pictures]

    return find


def subject_of(dataset: DatasetSpec) -> str:
    """Return what a dataset's objects are, as files of boxes name it; "" where nothing says so."""
    alike = PERSON if set(dataset.keypoints) == set(COCO) else ""
    return format_of(dataset, PeopleFormat).subject or alike


def _wanted(category: str | None, subject: str, dataset: DatasetSpec) -> Wanted:
    if category is not None:
        ids = {int(category)} if category.isascii() and category.isdigit() else set()
        return Wanted(frozenset({category}), frozenset(ids), asked=True)
    names = frozenset({subject} if subject else ())
    return Wanted(names, keypoints=tuple(dataset.keypoints))


def _of_whole(wished: Wished, subject: str) -> tuple[str, ...]:
    words = ONE_EACH.format(subject=subject or "object")
    if wished.boxes == WHOLE:
        return (words,)
    if subject == PERSON:
        words += (
            f" Where there are several persons, or one is small, that gives nonsense: {wished.key}"
            "detector finds them (torchvision's, whose weights are fetched once), and "
            f"{wished.key}FILE names their boxes."
        )
        return (words,)
    return (f"{words} {wished.key}FILE names others.",)


def _counted(given: given_boxes.Given, media: Sequence[Medium], file: str) -> list[str]:
    """Return what boxes and what pictures go without each other, a line each."""
    lines = [f"left out: {count} {why}" for why, count in given.left_out.items()]
    if given.without:
        more = ", …" * (len(given.without) > SHOWN)
        names = ", ".join(map(str, given.without[:SHOWN]))
        count = f"{len(given.without)} of {len(media)}"
        lines.append(f"files without a box in {file}: {count} ({names}{more})")
    return lines
