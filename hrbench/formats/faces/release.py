"""The original releases of 300-W and WFLW, where there are no official CSV files.

Neither has the crop that the CSV files give; it follows from the points. The order of the
faces is not that of the CSV files.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data.faults import Fault, fault_of, stated
from hrbench.errors import DataError, UnknownNameError
from hrbench.formats.faces.csv_columns import read_text
from hrbench.formats.faces.tables import Examined, examined_points, parsed
from hrbench.spec import DatasetSpec, Split

IMAGES, POINTS = {".png", ".jpg", ".jpeg"}, ".pts"
BOX = 4  # numbers of WFLW's box, which the official crop does not use
FLAGS = ("largepose", "expression", "illumination", "makeup", "occlusion", "blur")


def examined(places: Sequence[Path], images: Path, dataset: DatasetSpec, split: Split) -> Examined:
    """Return the faces of a split of a release, and what is wrong with it.

    Args:
        places: folders of images with .pts files, or the list of WFLW.
        images: the folder that the images named in that list are in.
        dataset: says how many points a face has.
        split: says the attribute that chooses the faces.

    Raises:
        DataError: a folder or a file cannot be read.
    """
    count, first = len(dataset.keypoints), dataset.counted_from
    if places[0].is_dir():
        return examined_pts(places, count, counted_from=first)
    attribute = split.attribute
    return examined_wflw_list(places[0], images, count, counted_from=first, attribute=attribute)


def files_of(places: Sequence[Path]) -> list[Path]:
    """Return the files that say where the points are: .pts in the order of their images."""
    return marks_of(places) if places[0].is_dir() else list(places)


def examined_pts(folders: Sequence[Path], num_keypoints: int, *, counted_from: int) -> Examined:
    """Return the faces of folders of images with .pts files, and what is wrong with them.

    Raises:
        DataError: a folder or a file cannot be read.
    """
    top = top_of(folders)
    files = sorted(path for folder in folders for path in _listed(folder))
    images = [path for path in files if path.suffix.lower() in IMAGES]
    marks = {path.with_suffix(""): path for path in files if path.suffix.lower() == POINTS}
    if faults := _unpaired(images, marks, top):
        return None, faults
    beside = [marks[path.with_suffix("")] for path in images]
    names = [path.relative_to(top).as_posix() for path in beside]
    read = [_points_of(path, name, num_keypoints) for path, name in zip(beside, names, strict=True)]
    if broken := [one for one in read if isinstance(one, Fault)]:
        return None, _by_kind(broken)
    return examined_points(names, images, np.array(read, dtype=np.float64), counted_from)


def marks_of(folders: Sequence[Path]) -> list[Path]:
    """Return the .pts files of some folders, in the order of their images."""
    files = (path for folder in folders for path in _listed(folder))
    return sorted(path for path in files if path.suffix.lower() == POINTS)


def top_of(folders: Sequence[Path]) -> Path:
    """Return the folder that all of some folders lie in."""
    return Path(os.path.commonpath(folders))


def _listed(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}") from error


def _unpaired(images: Sequence[Path], marks: dict[Path, Path], top: Path) -> list[Fault]:
    stems = [path.with_suffix("") for path in images]
    if not images and not marks:
        return [stated("there is no image with a .pts beside it")]

    def names(paths: Sequence[Path]) -> list[str]:
        return [path.relative_to(top).as_posix() for path in paths]

    alone = [path for path, stem in zip(images, stems, strict=True) if stem not in marks]
    orphans = [path for stem, path in marks.items() if stem not in set(stems)]
    first = dict(zip(reversed(stems), reversed(images), strict=True))
    double = [path for path, stem in zip(images, stems, strict=True) if first[stem] != path]
    return [
        *fault_of("images without a .pts beside them", names(alone)),
        *fault_of(".pts files without an image beside them", names(orphans)),
        *fault_of("images that share their .pts with another", names(double)),
    ]


def _points_of(path: Path, name: str, num_keypoints: int) -> list[list[float]] | Fault:
    try:
        text = path.read_text("ascii", errors="replace")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if "{" not in lines or lines[-1] != "}":
        return _one(".pts files without '{' before or '}' after the points", name)
    start = lines.index("{")
    keys = dict(line.partition(":")[::2] for line in lines[:start])
    count = keys.get("n_points", "none").strip()
    if count != str(num_keypoints):
        return _one(f".pts files whose n_points is not {num_keypoints}", f"{name}: {count}")
    body = lines[start + 1 : -1]
    if len(body) != num_keypoints:
        return _one(f".pts files without {num_keypoints} lines of points", f"{name}: {len(body)}")
    points = [_pair(line) for line in body]
    for line, point in zip(body, points, strict=True):
        if not point:
            return _one(".pts lines that are not two numbers", f"{name}: {line!r}")
    return points


def _pair(line: str) -> list[float]:
    try:
        x, y = map(float, line.split())
    except ValueError:
        return []
    return [x, y]


def _one(kind: str, example: str) -> Fault:
    return Fault(kind, 1, (example,), fatal=True)


def _by_kind(faults: Sequence[Fault]) -> list[Fault]:
    kinds = dict.fromkeys(one.kind for one in faults)
    joined = []
    for kind in kinds:
        joined += fault_of(kind, [one.examples[0] for one in faults if one.kind == kind])
    return joined


def examined_wflw_list(
    path: Path,
    images: Path,
    num_keypoints: int,
    *,
    counted_from: int,
    attribute: str | None = None,
) -> Examined:
    """Return the faces of a list of WFLW, and what is wrong with it.

    Args:
        path: list_98pt_rect_attr_{train,test}.txt, a face a line: its points, box, six flags,
            and the image.
        images: the folder that the image names are relative to.
        num_keypoints: K.
        counted_from: the number of the first pixel, 0 or 1.
        attribute: the flag of `FLAGS` that chooses the faces; None takes all.

    Raises:
        DataError: it cannot be read, or is not text.
        UnknownNameError: no flag is called so.
    """
    if attribute is not None and attribute not in FLAGS:
        raise UnknownNameError("attribute of WFLW", attribute, FLAGS)
    width = 2 * num_keypoints + BOX + len(FLAGS) + 1
    lines = enumerate(read_text(path).splitlines(), start=1)
    rows = [(f"line {n}", line.split(maxsplit=width - 1)) for n, line in lines if line.strip()]
    if not rows:
        return None, [stated("the file is empty")]
    odd = [f"{place} has {len(row)}" for place, row in rows if len(row) != width]
    if odd:
        return None, fault_of(f"lines that have not {width} columns", odd)
    places = [place for place, _ in rows]
    numbers, faults = parsed([row[:-1] for _, row in rows], places, range(1, width))
    if faults := faults or _flag_faults(numbers, places):
        return None, faults
    chosen = list(range(len(rows)))
    if attribute is not None:
        chosen = np.flatnonzero(numbers[:, FLAGS.index(attribute) - len(FLAGS)]).tolist()
    if not chosen:
        return None, [stated(f"no face has the flag '{attribute}'")]
    return examined_points(
        [places[row] for row in chosen],
        [images / rows[row][1][-1].strip() for row in chosen],
        numbers[chosen, : 2 * num_keypoints].reshape(-1, num_keypoints, 2),
        counted_from,
    )


def _flag_faults(numbers: NDArray[np.float64], places: Sequence[str]) -> list[Fault]:
    known = np.asarray(np.isin(numbers[:, -len(FLAGS) :], (0, 1)).all(axis=1))
    odd = [place for place, fine in zip(places, known.tolist(), strict=True) if not fine]
    return fault_of("faces with flags that are not 0 or 1", odd)
