"""Annotations that the sleap-io library reads: SLEAP's .slp, NWB's, AlphaTracker's.

Source: io.sleap.ai, the documentation of sleap-io.
"""

import warnings
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.arrays import Pixels
from hrbench.convert.labels import Picture, Skeleton, Source, left_first, seen
from hrbench.convert.placing import apart
from hrbench.data.media import IMAGES
from hrbench.errors import DataError, RunError
from hrbench.files.paths import with_slashes
from hrbench.lints.keypoint_names import pairs_by_name

LIBRARY = "sleap_io"
UNREADABLE = (OSError, KeyError, TypeError, ValueError, AttributeError, IndexError)


def read(source: Path, program: str, images: Path | None = None) -> Source:
    """Return the annotations of a file, whose frames are image files or in videos.

    Positions stay as they are. What somebody annotated counts; predictions do not.

    Args:
        source: the file.
        program: what wrote it, in words.
        images: the folder of the images; else they are looked for.

    Raises:
        RunError: sleap-io is not installed.
        DataError: the file is none of that program's, has nothing but predictions, or more than
            one skeleton; or a video is not there.
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
    """Return the image files, or frames of videos, with what somebody annotated in them."""
    annotated = [frame for frame in frames if frame.user_instances]
    stems = _stems([frame.video for frame in annotated])
    found: dict[Path, Picture] = {}
    for frame in annotated:
        video, index = frame.video, int(frame.frame_idx)
        objects = tuple(seen(np.asarray(o.numpy(), np.float64)) for o in frame.user_instances)
        if (files := _files(video)) is not None:
            picture = Picture(_image(source, files, index, images), objects)
        else:
            pixels = partial(_pixels, source, _opened(source, video, images), index)
            height, width = pixels().shape[:2]  # so that it is known to be there before all else
            name = Path(f"{stems[id(video)]}_{index:06d}.png")
            picture = Picture(name, objects, size=(width, height), pixels=pixels)
        before = found.get(picture.path)
        if before is not None:
            picture = replace(picture, objects=(*before.objects, *objects))
        found[picture.path] = picture
    return list(found.values())


def _stems(videos: list[Any]) -> dict[int, str]:
    """Return what the frames of each video are called after, by the video's identity."""
    distinct = {id(video): video for video in videos}
    stems = (Path(with_slashes(str(_original(video)))).stem for video in distinct.values())
    return dict(zip(distinct, apart(stems), strict=True))


def _original(video: Any) -> Any:
    """Return the name of the file that a video, or its embedded frames, came from."""
    return video.filename if video.source_video is None else video.source_video.filename


def _files(video: Any) -> list[Any] | None:
    """Return the image files that a video consists of; None of one that has frames inside."""
    files = video.filename
    if isinstance(files, str) and Path(files).suffix.lower() in IMAGES:  # a video of one picture
        return [files]
    return files if isinstance(files, list) else None


def _opened(source: Path, video: Any, images: Path | None) -> Any:
    """Return a video that can be read; one that moved is looked for beside the labels.

    Raises:
        DataError: it is not there.
    """
    if not video.exists():
        name = Path(with_slashes(str(video.filename))).name
        places = [folder / name for folder in (images, source.parent) if folder is not None]
        place = next((place for place in places if place.is_file()), None)
        if place is None:
            raise DataError(
                f"{source}: its frames are in {name}, which is not there; put it beside, or name "
                "its folder with --images"
            )
        video.replace_filename(str(place), open=False)
    if not video.is_open:
        video.open()
    return video


def _pixels(source: Path, video: Any, index: int) -> Pixels:
    """Return a frame of a video, RGB or grey.

    Raises:
        DataError: it cannot be read.
    """
    try:
        frame = np.asarray(video[index], np.uint8)
    except (*UNREADABLE, RuntimeError) as error:
        words = f"frame {index} of {video.filename} cannot be read"
        raise DataError(f"{source}: {words} ({error})") from error
    return frame[..., 0] if frame.shape[-1] == 1 else frame


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
    return Skeleton(names, left_first(pairs, names) or tuple(pairs_by_name(names)), edges)


def _image(source: Path, files: list[Any], index: int, images: Path | None) -> Path:
    """Return the image file of a frame; one that moved is looked for beside the .slp file."""
    name = files[index] if 0 <= index < len(files) else None
    if not isinstance(name, str):
        raise DataError(f"{source}: frame {index} of a video is of no image file; name one for it")
    path = Path(with_slashes(name))
    given = () if images is None else (images / path.name,)
    places = (*given, path, source.parent / path, source.parent / path.name)
    return next((place for place in places if place.is_file()), path)
