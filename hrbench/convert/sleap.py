"""Annotations that the sleap-io library reads: SLEAP's .slp, NWB's, AlphaTracker's.

Source: io.sleap.ai, the documentation of sleap-io.
"""

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.convert.labels import NamePairs, Picture, Skeleton, Source, seen
from hrbench.data.media import IMAGES
from hrbench.errors import DataError, RunError
from hrbench.files.paths import with_slashes
from hrbench.lints.keypoint_names import pairs_by_name

LIBRARY = "sleap_io"
UNREADABLE = (OSError, KeyError, TypeError, ValueError, AttributeError, IndexError)


def read(source: Path, program: str, images: Path | None = None) -> Source:
    """Return the annotations of a file whose frames are image files.

    Positions stay as they are. What somebody annotated counts; predictions do not.

    Args:
        source: the file.
        program: what wrote it, in words.
        images: the folder of the images; else they are looked for.

    Raises:
        RunError: sleap-io is not installed.
        DataError: the file is none of that program's, has frames in a video, nothing but
            predictions, or more than one skeleton.
    """
    labels = _load(source, program)
    if len(labels.skeletons) != 1:
        count = len(labels.skeletons)
        raise DataError(
            f"{source} has {count} skeletons, and a dataset of keypoints has one: save a copy in "
            "SLEAP with the instances of one of them"
        )
    frames = labels.labeled_frames
    predicted = sum(len(frame.predicted_instances) for frame in frames)
    if predicted and not any(frame.user_instances for frame in frames):
        raise DataError(
            f"{source}: nothing in it was annotated by somebody; its {predicted:,} instances are "
            "predictions"
        )
    return Source(
        _pictures(source, frames, images),
        _skeleton(labels.skeletons[0]),
        source.parent,
        f"{program}, {source.name}",
        left_out=(f"{predicted:,} predicted instances",) if predicted else (),
    )


def _pictures(source: Path, frames: Any, images: Path | None) -> list[Picture]:
    """Return the image files with what somebody annotated in them."""
    objects_of: dict[Path, list[Any]] = {}
    for frame in frames:
        image = _image(source, frame.video.filename, frame.frame_idx, images)
        objects = [seen(np.asarray(o.numpy(), dtype=np.float64)) for o in frame.user_instances]
        if objects:
            objects_of.setdefault(image, []).extend(objects)
    return [Picture(image, tuple(objects)) for image, objects in objects_of.items()]


def library(what: str) -> Any:
    """Return sleap-io, which reads `what`.

    Raises:
        RunError: it is not installed.
    """
    try:
        return import_module(LIBRARY)
    except ImportError as error:
        raise RunError(
            f"{what} are read by sleap-io, which is not installed: pip install 'hrbench[sleap]'"
        ) from error


def _load(source: Path, program: str) -> Any:
    reader = library(f"{program}'s files")
    options = {"open_videos": False} if source.suffix.lower() == ".slp" else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries below, on versions of the file
            return reader.load_file(str(source), **options)
    except UNREADABLE as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{source} is not a {program} file: {first}") from error


def _skeleton(theirs: Any) -> Skeleton:
    names = tuple(str(name) for name in theirs.node_names)
    edges = tuple((names[start], names[end]) for start, end in theirs.edge_inds)
    pairs = tuple((names[min(pair)], names[max(pair)]) for pair in theirs.symmetry_inds)
    return Skeleton(names, _left_first(pairs, names) or tuple(pairs_by_name(names)), edges)


def _left_first(pairs: NamePairs, names: tuple[str, ...]) -> NamePairs:
    """Return pairs with the left one first, where the names tell; SLEAP's have no order."""
    known = set(pairs_by_name(names))
    turned = (pair[::-1] if pair[::-1] in known else pair for pair in pairs)
    return tuple(sorted(turned, key=lambda pair: names.index(pair[0])))


def _image(source: Path, files: Any, index: int, images: Path | None) -> Path:
    """Return the image file of a frame; one that moved is looked for beside the .slp file."""
    if isinstance(files, str) and Path(files).suffix.lower() in IMAGES:  # a video of one picture
        files = [files]
    if not isinstance(files, list):
        raise DataError(
            f"{source}: its frames are inside {files}, and hrbench reads image files; save the "
            "annotated frames as images, and name these in a .slp file"
        )
    name = files[index] if 0 <= index < len(files) else None
    if not isinstance(name, str):
        raise DataError(f"{source}: frame {index} of a video is of no image file; name one for it")
    path = Path(with_slashes(name))
    given = () if images is None else (images / path.name,)
    places = (*given, path, source.parent / path, source.parent / path.name)
    return next((place for place in places if place.is_file()), path)
