"""SLEAP's annotations: a .slp file, read by the sleap-io library.

Source: io.sleap.ai, the documentation of sleap-io.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.convert.labels import Advise, NamePairs, Picture, Skeleton, Summary
from hrbench.convert.writing import write
from hrbench.data.media import IMAGES
from hrbench.errors import DataError, RunError
from hrbench.files.paths import with_slashes
from hrbench.lints.keypoint_names import pairs_by_name

LIBRARY = "sleap_io"


def convert(
    source: Path, target: Path, images: Path | None = None, *, advise: Advise | None = None
) -> Summary:
    """Turn the annotations of a .slp file, whose frames are image files, into COCO keypoints.

    Positions stay as they are. What somebody annotated counts; predictions do not.

    Raises:
        RunError: sleap-io is not installed; or the target has such files already, or cannot be
            written.
        DataError: the file is no SLEAP file, has frames in a video, or more than one skeleton.
    """
    labels = _load(source)
    if len(labels.skeletons) != 1:
        count = len(labels.skeletons)
        raise DataError(
            f"{source} has {count} skeletons, and a dataset of keypoints has one: save a copy in "
            "SLEAP with the instances of one of them"
        )
    skeleton, annotated = _skeleton(labels.skeletons[0]), pictures(source, labels, images)
    return write(annotated, skeleton, source.parent, target, f"SLEAP, {source.name}", advise=advise)


def pictures(source: Path, labels: Any, images: Path | None = None) -> list[Picture]:
    """Return the image files of labels as sleap-io has them, with what somebody annotated.

    Raises:
        DataError: a frame is inside a video.
    """
    objects_of: dict[Path, list[Any]] = {}
    for frame in labels.labeled_frames:
        image = _image(source, frame.video.filename, frame.frame_idx, images)
        objects = [np.asarray(o.numpy(), dtype=np.float64) for o in frame.user_instances]
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


def _load(source: Path) -> Any:
    reader = library("SLEAP's files")
    try:
        return reader.load_slp(str(source), open_videos=False)
    except (OSError, KeyError, ValueError) as error:
        words = "does not exist" if not source.exists() else f"is not a SLEAP file: {error}"
        raise DataError(f"{source} {words}; name a .slp file") from error


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
