"""What any program's annotations come down to.

Letters: K keypoints.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.arrays import Pixels
from hrbench.data.faults import fault_of, stop_at_fatal
from hrbench.data.headers import Size
from hrbench.lints.keypoint_names import names_faults, pairs_by_name, without_mirror_image

ANNOTATIONS, DATASET, TASK = "annotations.json", "dataset.toml", "task.toml"
TRAIN, VAL, TEST = "train", "val", "test"
SPLITS = {  # what programs call the parts of a dataset
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev"), VAL),
    **dict.fromkeys(("test", "testing"), TEST),
}
HIDDEN, SEEN = 1, 2  # COCO's flags of a labelled keypoint; 0 is one without a label
Box = tuple[float, float, float, float]  # x, y, width, height
RIGHT = "put that right there, and convert again"
NamePairs = tuple[tuple[str, str], ...]
SHOWN = 5  # names in a sentence


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What the keypoints are called and which belong together."""

    keypoints: tuple[str, ...]
    flip_pairs: NamePairs  # left first
    edges: NamePairs
    middle: tuple[str, ...] = ()  # their own partners, as a program says where names do not

    @property
    def one_sided(self) -> tuple[str, ...]:
        """The keypoints of which it is not known where a mirror shows them."""
        alone = without_mirror_image(self.keypoints, self.flip_pairs)
        return tuple(name for name in alone if name not in self.middle)


@dataclass(frozen=True, slots=True)
class Advice:
    """The variant that this machine can train."""

    variant: str
    reason: str


Advise = Callable[[int], Advice]  # for so many objects


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """An object as somebody annotated it."""

    points: NDArray[np.float64]  # (K, 3) x, y, COCO's flag; zeros where not labelled
    box: Box | None = None  # where the program has one
    area: float | None = None  # of the segment; None: nobody has said it
    crowd: bool = False  # several objects, of which nothing is labelled

    @property
    def count(self) -> int:
        """How many keypoints are labelled."""
        return int((self.points[:, 2] > 0).sum())

    @property
    def flat(self) -> list[float]:
        """The keypoints as COCO's format has them, in a row."""
        return [value for x, y, flag in self.points.tolist() for value in (x, y, int(flag))]


def seen(points: NDArray[np.float64], box: Box | None = None) -> Labelled:
    """Return an object for (K, 2) x, y that are all to be seen; NaN where not labelled."""
    labelled = np.isfinite(points).all(axis=1, keepdims=True)
    return Labelled(np.hstack([np.where(labelled, points, 0), SEEN * labelled]), box)


def named_points(
    places: Mapping[str, tuple[float, float, int]],
    keypoints: Sequence[str],
    box: Box | None = None,
) -> Labelled:
    """Return an object whose labelled keypoints are given by their names, each with its flag."""
    nowhere = (0.0, 0.0, 0)
    return Labelled(np.array([places.get(name, nowhere) for name in keypoints], np.float64), box)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image file with its objects."""

    path: Path
    objects: tuple[Labelled, ...]
    split: str = ""  # TRAIN, VAL or TEST, where the program divides its pictures
    size: Size | None = None  # as annotated, where the program says it
    pixels: Callable[[], Pixels] | None = None  # gives those of what is no file of its own


@dataclass(frozen=True, slots=True)
class Source:
    """What a program's annotations come down to."""

    pictures: list[Picture]
    skeleton: Skeleton
    folder: Path  # that names of image files are relative to
    made_from: str  # in words
    category: str = "object"  # what the objects are called
    left_out: tuple[str, ...] = ()  # what COCO's format cannot hold, in words
    notes: tuple[str, ...] = ()  # what a reader should know besides


@dataclass(frozen=True, slots=True)
class Summary:
    """What was converted, and where it lies."""

    folder: Path  # of dataset.toml and task.toml
    skeleton: Skeleton
    images: int
    objects: int  # with a labelled keypoint
    left_out: tuple[str, ...] = ()  # what the source has and COCO's format cannot hold, in words
    notes: tuple[str, ...] = ()  # what a reader should know besides
    advice: Advice | None = None

    def content(self) -> dict[str, Any]:
        """Return the counts and the skeleton as JSON has them."""
        counts = {"images": self.images, "objects": self.objects}
        more = {"mirrored": not self.skeleton.one_sided, "notes": self.notes}
        advice = None if self.advice is None else asdict(self.advice)
        left_out = {"left_out": self.left_out}
        return {**counts, **asdict(self.skeleton), **left_out, **more, "advice": advice}

    def text(self) -> str:
        """Return it for a reader."""
        pairs = ", ".join(" and ".join(pair) for pair in self.skeleton.flip_pairs) or "none"
        lines = [
            f"{self.images:,} images, {self.objects:,} objects with keypoints",
            f"keypoints: {', '.join(self.skeleton.keypoints)}",
            f"left and right: {pairs}",
            *_mirroring(self.skeleton),
            *(f"left out: {words}" for words in self.left_out),
            *(f"note: {words}" for words in self.notes),
        ]
        return "\n".join(lines)


def _mirroring(skeleton: Skeleton) -> list[str]:
    """Return the line that says why nothing is mirrored; none where it is."""
    if not (names := skeleton.one_sided):
        return []
    shown = ", ".join(names[:SHOWN]) + (", …" if names[SHOWN:] else "")
    have = "has" if len(names) == 1 else "have"
    words = f"mirroring: off, for {shown} {have} no partner that the names tell; name left and "
    way = f"right in flip_pairs of {DATASET}, then set flip = 0.5 and flip_test = true in {TASK}"
    return [words + way]


def paired(keypoints: tuple[str, ...], edges: NamePairs = ()) -> Skeleton:
    """Return a skeleton whose flip pairs are told by the names of its keypoints."""
    return Skeleton(keypoints, tuple(pairs_by_name(keypoints)), edges)


def left_first(pairs: NamePairs, keypoints: Sequence[str]) -> NamePairs:
    """Return flip pairs with the left one first, where the names tell; many programs' have none."""
    known = set(pairs_by_name(keypoints))
    turned = (pair[::-1] if pair[::-1] in known else pair for pair in pairs)
    return tuple(sorted(turned, key=lambda pair: keypoints.index(pair[0])))


def require_names(place: Path, skeleton: Skeleton) -> None:
    """Stop at names that no dataset's file may have, before one is written that is refused later.

    Raises:
        DataError: a keypoint, a flip pair or an edge stands twice, or a name cannot be written.
    """
    halves = [name for name in skeleton.keypoints if name.encode(errors="ignore").decode() != name]
    faults = fault_of("keypoints with half a character in their name", list(map(ascii, halves)))
    faults += names_faults(skeleton.keypoints, skeleton.flip_pairs, skeleton.edges, None)
    stop_at_fatal(place, faults, advice=RIGHT)
