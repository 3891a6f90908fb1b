"""labelme's annotations: a JSON file for each picture, of its versions 4 and 5.

Source: labelme's own files; github.com/wkentaro/labelme, `labelme/label_file.py`.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hrbench.convert import grouping, places
from hrbench.convert.grouping import Point
from hrbench.convert.labels import SEEN, Box, Picture, Source, paired
from hrbench.data.headers import Size
from hrbench.errors import DataError
from hrbench.files.json_files import read_json
from hrbench.files.json_rows import POSITIVE
from hrbench.files.paths import with_slashes

POINT, RECTANGLE = "point", "rectangle"  # shapes that are read


def is_of(content: Any) -> bool:
    """Whether the content of a JSON file is labelme's."""
    return isinstance(content, dict) and {"shapes", "imagePath"} <= content.keys()


def read(source: Path, images: Path | None = None) -> Source:
    """Return the points of a folder of files, or of one; those of a group are an object.

    Rectangles are boxes: of their group or, where points have no group, of those inside.

    Raises:
        DataError: a file is not as labelme writes it, names a picture that is not there, or does
            not tell which object a point is of.
    """
    files = sorted(source.rglob("*.json")) if source.is_dir() else [source]
    contents = {file: _wanted(content) for file in files if is_of(content := read_json(file))}
    shapes = {file: list(_shapes(file, content)) for file, content in contents.items()}
    names = dict.fromkeys(s["label"] for rows in shapes.values() for s in rows if _is(s, POINT))
    if not names:
        raise DataError(f"{source}: no point in labelme's files there; keypoints are points")
    left_out = Counter({"files that are not labelme's": len(files) - len(contents)})
    folder = source if source.is_dir() else source.parent
    paths, notes = _images(folder, contents, images)
    pictures = []
    for file, rows in shapes.items():
        points = [Point(s["label"], (*_corner(file, s), SEEN), s.get("group_id")) for s in rows
                  if _is(s, POINT)]  # fmt: skip
        boxes = [(s.get("group_id"), _box(file, s)) for s in rows if _is(s, RECTANGLE)]
        found, empty = grouping.objects(str(file), points, boxes, list(names))
        left_out["rectangles without a point"] += empty
        left_out.update(f"shapes of the type {s['shape_type']}" for s in rows if not _is_read(s))
        pictures.append(Picture(paths[file], tuple(found), size=_size(contents[file])))
    return Source(
        pictures,
        paired(tuple(names)),
        folder,
        f"labelme, {source.resolve().name}",
        left_out=tuple(f"{count:,} {what}" for what, count in left_out.items() if count),
        notes=notes,
    )


def _is(shape: dict[str, Any], kind: str) -> bool:
    return bool(shape["shape_type"] == kind)


def _is_read(shape: dict[str, Any]) -> bool:
    return _is(shape, POINT) or _is(shape, RECTANGLE)


def _shapes(file: Path, content: Any) -> Iterator[dict[str, Any]]:
    """Yield the shapes of a file, each with a label, a type and points that are numbers."""
    rows = content["shapes"]
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        where = f"{file}: shape {number}"
        if not isinstance(row, dict) or not isinstance(row.get("label"), str):
            raise DataError(f"{where} has no 'label', as labelme writes it")
        points = row.get("points")
        group = row.get("group_id")
        if not isinstance(points, list) or not points or not all(map(_is_place, points)):
            raise DataError(f"{where} ({row['label']}): 'points' is no list of x and y")
        if group is not None and not isinstance(group, (int, str)):
            raise DataError(f"{where} ({row['label']}): 'group_id' is {group!r}, no number")
        yield row | {"shape_type": row.get("shape_type") or "polygon"}


def _is_place(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    return all(type(v) in {int, float} and math.isfinite(v) for v in value)


def _corner(file: Path, shape: dict[str, Any]) -> tuple[float, float]:
    if len(shape["points"]) != 1:
        raise DataError(f"{file}: the point '{shape['label']}' has {len(shape['points'])} places")
    (x, y), *_ = shape["points"]
    return float(x), float(y)


def _box(file: Path, shape: dict[str, Any]) -> Box:
    """Return the box between two corners, or of four."""
    if len(shape["points"]) not in {2, 4}:
        count = len(shape["points"])
        raise DataError(f"{file}: the rectangle '{shape['label']}' has {count} corners, not 2 or 4")
    across, down = zip(*shape["points"], strict=True)
    left, top = min(across), min(down)
    return left, top, max(across) - left, max(down) - top


def _wanted(content: Any) -> Any:
    """Return a file's content without the picture that may be in it."""
    return {key: value for key, value in content.items() if key != "imageData"}


def _images(
    folder: Path, contents: Mapping[Path, Any], given: Path | None
) -> tuple[dict[Path, Path], tuple[str, ...]]:
    """Return the picture of each file, where it says or near, and what to say of that."""
    names = {file: _name(file, content) for file, content in contents.items()}
    paths = {file: file.parent / name for file, name in names.items()}
    away = [file for file, path in paths.items() if given or not path.is_file()]
    wanted = [[names[file]] for file in away]
    found, notes = places.find_each(folder, wanted, given, beside=len(away) < len(paths))
    return paths | {file: path for file, path in zip(away, found, strict=True) if path}, notes


def _name(file: Path, content: Any) -> str:
    name = content["imagePath"]
    if not isinstance(name, str) or not name:
        raise DataError(f"{file}: 'imagePath' is {name!r}, no file")
    return with_slashes(name)


def _size(content: Any) -> Size | None:
    size = content.get("imageWidth"), content.get("imageHeight")
    return size if all(map(POSITIVE.fits, size)) else None
