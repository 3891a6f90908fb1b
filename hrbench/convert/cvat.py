"""CVAT's XML, "for images 1.1" and "for video 1.1": skeletons, points, boxes, tracks.

Source: docs.cvat.ai, "XML annotation format", version 1.1.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from hrbench.convert import cvat_labels, grouping, places
from hrbench.convert.cvat_labels import Label
from hrbench.convert.cvat_shapes import Shapes, in_images, in_tracks, root_of
from hrbench.convert.labels import SPLITS, Labelled, Picture, Skeleton, Source, named_points, paired
from hrbench.data.media import IMAGES
from hrbench.errors import DataError
from hrbench.files.paths import with_slashes

FILE = "annotations.xml"  # what CVAT calls it in an archive


def read(file: Path, images: Path | None = None) -> Source:
    """Return what is annotated in CVAT's XML.

    A skeleton is an object; so are points that share a group, or lie in one box. Outside elements
    are not labelled, occluded ones hidden. Subsets are splits. Pictures without a keypoint are
    left out, as nobody says whether they were looked at.

    Raises:
        DataError: it is not CVAT's, has no keypoints, or pictures are not there.
    """
    root = root_of(file)
    labels, in_video = cvat_labels.labels(root), root.find("track") is not None
    listed = in_tracks(file, root) if in_video else in_images(file, root)
    skeleton, category = _skeleton(file, labels, listed)
    left_out = Counter[str]()
    numbered = any(len(at) > 1 for of in listed.values() for _, at, _ in of.points)
    objects = {
        name: _objects(of, skeleton, left_out, numbered=numbered) for name, of in listed.items()
    }
    full = {name: listed[name] for name, found in objects.items() if found}
    found = _frames(file, list(full), images) if in_video else _files(file, listed, full, images)
    paths, notes = found
    pictures = [
        Picture(paths[name], tuple(objects[name]), SPLITS.get(of.subset.lower(), ""), of.size)
        for name, of in full.items()
    ]
    left_out["pictures without a keypoint"] = len(listed) - len(full)
    interpolated = sum(of.interpolated for of in full.values())
    words = f"{interpolated:,} objects are interpolated between frames that somebody annotated"
    return Source(
        pictures,
        skeleton,
        file.parent,
        f"CVAT, {file.name}",
        category=category,
        left_out=tuple(f"{count:,} {what}" for what, count in left_out.items() if count),
        notes=(words, *notes) if interpolated else notes,
    )


def _skeleton(
    file: Path, labels: Mapping[str, Label], listed: Mapping[str, Shapes]
) -> tuple[Skeleton, str]:
    """Return the keypoints of a file's objects, and what these are called.

    Raises:
        DataError: there are none, or they are of several kinds.
    """
    used = dict.fromkeys(label for of in listed.values() for label, _, _ in of.skeletons)
    if used:
        known = {(labels[label].points, labels[label].edges) for label in used if label in labels}
        if not known:
            words = f"skeletons of {', '.join(used)}, and its <meta> does not list their points"
            raise DataError(f"{file} has {words}; export it from CVAT again, as it leaves it")
        if len(known) != 1:
            words = f"skeletons of other points in its labels {', '.join(used)}"
            raise DataError(f"{file} has {words}; export the objects of one of them")
        ((names, edges),) = known
        return paired(names, edges), next(iter(used)) if len(used) == 1 else "object"
    counts = {len(at) for of in listed.values() for _, at, _ in of.points}
    if not counts:
        raise DataError(f"{file} has no skeletons and no points; keypoints are one or the other")
    single = dict.fromkeys(label for of in listed.values() for label, _, _ in of.points)
    if counts == {1}:
        return paired(
            tuple(label for label in labels if label in single) or tuple(single)
        ), "object"
    if len(counts) == len(single) == 1:
        return paired(tuple(f"point_{n}" for n in range(counts.pop()))), next(iter(single))
    raise DataError(
        f"{file}: its shapes of points have {', '.join(map(str, sorted(counts)))} points; give "
        "each object the same number, or each keypoint a label of its own"
    )


def _objects(
    shapes: Shapes, skeleton: Skeleton, left_out: Counter[str], *, numbered: bool
) -> list[Labelled]:
    """Return the objects of a picture, and count what is no part of any.

    With `numbered`, a shape of points without skeletons is an object, else it is a keypoint.
    """
    left_out.update(shapes.others)
    names = skeleton.keypoints
    rows = [(elements, group) for _, elements, group in shapes.skeletons]
    if rows:
        left_out["points outside of skeletons"] += len(shapes.points)
    elif not numbered:
        found, empty = grouping.objects(shapes.where, shapes.grouped(), shapes.boxes, names)
        left_out["boxes without a keypoint"] += empty
        return found
    else:
        rows = [(dict(zip(names, at, strict=True)), group) for _, at, group in shapes.points]
    boxes, empty = grouping.boxes_of(rows, shapes.boxes)
    left_out["boxes without a keypoint"] += empty
    return [named_points(at, names, box) for (at, _), box in zip(rows, boxes, strict=True)]


def _files(
    file: Path, listed: Mapping[str, Shapes], needed: Mapping[str, Shapes], images: Path | None
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return where images are that the file names, and what to say of that."""
    names = [with_slashes(name) for name in listed]
    place = places.find(file, names, set(map(with_slashes, needed)), images)
    rows = zip(listed, place.names, strict=True)
    return {name: place.folder / here for name, here in rows}, place.notes


def _frames(
    file: Path, names: Sequence[str], images: Path | None
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return where the pictures of frames are, which the file does not name, and what to say.

    Raises:
        DataError: some are not there.
    """
    endings = [e for ending in sorted(IMAGES) for e in (ending, ending.upper())]
    wanted = [[f"{name}{ending}" for ending in endings] for name in names]
    found, notes = places.find_each(file.parent, wanted, images)
    missing = [name for name, path in zip(names, found, strict=True) if path is None]
    if missing:
        raise DataError(
            f"{file}: {len(missing)} of {len(names)} annotated frames are no picture in a folder "
            f"near it, the first is {missing[0]}.png; export it with 'Save images', or name their "
            "folder with --images"
        )
    return {name: path for name, path in zip(names, found, strict=True) if path}, notes
