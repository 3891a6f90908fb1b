"""A format of datasets' files as one object: how it is read, what it lists, what is wrong with it.

`formats.registry` has them all; each is made in the folder that reads its files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from hrbench.data.clips import Clip
from hrbench.data.evaluation import ClassEvaluation, LandmarkEvaluation
from hrbench.data.faults import Fault
from hrbench.data.pictures import Pictures
from hrbench.data.sample import People
from hrbench.formats.findings import SplitReport
from hrbench.formats.listing import ListFiles
from hrbench.formats.location import DataRoot
from hrbench.spec import ClassificationTask, DatasetSpec, LandmarkTask, LiftingProtocol


@dataclass(frozen=True, slots=True, eq=False)
class TrainingPictures:
    """The pictures to train on."""

    pictures: Pictures
    left_out: Mapping[str, int]  # other files, by why
    allowed: tuple[str, ...]  # in words, faults that --allow let pass


@dataclass(frozen=True, slots=True, eq=False)
class SplitClips:
    """What a folder has of a split."""

    clips: list[Clip]
    files: list[Path]  # that it was read from
    faults: list[Fault] = field(default_factory=list)  # those that a user may allow, or mended
    # Subjects and names of the files' sequences that are left out, by the protocol.
    excluded: frozenset[tuple[str, str]] = frozenset()


class Report(Protocol):
    """Look at all files of a split; with `images`, decode every image file too."""

    def __call__(
        self, dataset: DatasetSpec, data_root: DataRoot, name: str, *, images: bool
    ) -> SplitReport: ...


class Evaluate(Protocol):
    """Return the boxes of the protocol's split, and their keypoints where they are annotated.

    Args:
        spec: says the split, and how a box becomes a crop.
        dataset: says the files.
        data_root: says where they are.
        boxes: `gt`, `det` for the detections of the published tables, or a file of them.
        limit: images, the first of the file.

    Raises:
        HrbenchError: files are missing or not right, or there are no such boxes.
    """

    def __call__(
        self,
        spec: LandmarkTask,
        dataset: DatasetSpec,
        data_root: DataRoot,
        *,
        boxes: str,
        limit: int | None,
    ) -> LandmarkEvaluation: ...


class EvaluatePictures(Protocol):
    """Read a split to measure: some of its pictures, spread over all, and their classes."""

    def __call__(
        self,
        spec: ClassificationTask,
        dataset: DatasetSpec,
        data_root: DataRoot,
        *,
        limit: int | None,
    ) -> ClassEvaluation: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What all formats have, those too that no task is trained on by themselves."""

    report: Report  # what is there of a split, and what is wrong with it
    listing: ListFiles | None = None  # the annotated images of a split; None where no file has any
    marks: tuple[str, ...] = ()  # what tells its folder, besides the files that a split names
    # Reads its training split with the keypoints named, to train on beside another format's.
    beside: Callable[[LandmarkTask, DatasetSpec, DataRoot, tuple[str, ...]], People] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFormat(Format):
    """A format of persons, faces or objects with keypoints in images."""

    training: Callable[[LandmarkTask, DatasetSpec, DataRoot], People]
    evaluation: Evaluate
    truth: type  # what it gives to score against: metrics take such truth
    subject: Literal["person", "face", ""] = ""  # what it is of; empty: the keypoints tell
    extra_data: bool = False  # whether other datasets can be trained on besides
    of_ones_own: bool = False  # whether files may say less than the format has, and be completed
    boxes_to_predict: bool = False  # whether `hrbench predict` reads its files of boxes
    # Returns the annotations of some images by their ids, as pycocotools reads them.
    as_annotated: (
        Callable[[LandmarkTask, DatasetSpec, DataRoot, NDArray[np.int64]], list[dict[str, Any]]]
        | None
    ) = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFormat(Format):
    """A format of pictures, each of one class."""

    training: Callable[[ClassificationTask, DatasetSpec, DataRoot], TrainingPictures]
    evaluation: EvaluatePictures
    pictures: Callable[[DatasetSpec, DataRoot, str], Pictures]  # all of a split


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFormat(Format):
    """A format of joints in space, in sequences that cameras see."""

    # A split, with the keypoints named.
    read: Callable[[LiftingProtocol, DatasetSpec, DataRoot, str, str], SplitClips]
    unread: Callable[[DatasetSpec, DataRoot, list[str]], dict[str, str]]  # keys that say nothing
