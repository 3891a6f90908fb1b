"""Points that were annotated one by one, put together to objects.

Points belong together that a program says to; others, where boxes are drawn, to the box that they
lie in; else those of a picture are one object.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hrbench.convert.labels import Box, Labelled, named_points
from hrbench.errors import DataError

Place = tuple[float, float, int]  # x, y, COCO's flag


@dataclass(frozen=True, slots=True)
class Point:
    """One annotated point."""

    name: str
    place: Place
    group: Hashable = None  # of its object; None: nobody has said which


@dataclass(slots=True)
class _Object:
    box: Box | None = None
    points: dict[str, Place] = field(default_factory=dict)


def objects(
    where: str,
    points: Iterable[Point],
    boxes: Sequence[tuple[Hashable, Box]],
    keypoints: Sequence[str],
) -> tuple[list[Labelled], int]:
    """Return the objects of a picture, and how many of its boxes have no point.

    Args:
        where: the picture's place in the annotations, in words.
        points: in any order.
        boxes: each with the group that it is of; None: nobody has said which.
        keypoints: the names that count.

    Raises:
        DataError: it is not told which object a point is of.
    """
    grouped = {group: _Object(box) for group, box in boxes if group is not None}
    free = [_Object(box) for group, box in boxes if group is None]
    alone = _Object()
    for point in points:
        owner: _Object | None = alone
        if point.group is not None:
            owner = grouped.setdefault(point.group, _Object())
        elif free:
            owner = _around(point, free)
        if owner is None or point.name in owner.points:
            raise DataError(f"{where}: {_untold(point, owner)}")
        owner.points[point.name] = point.place
    every = [*grouped.values(), *free, alone]
    full = [one for one in every if one.points]
    empty = sum(one.box is not None and not one.points for one in every)
    return [named_points(one.points, keypoints, one.box) for one in full], empty


def boxes_of(
    objects: Sequence[tuple[Mapping[str, Place], Hashable]],
    boxes: Sequence[tuple[Hashable, Box]],
) -> tuple[list[Box | None], int]:
    """Return the box of each object, and how many boxes are of none.

    A box is of the object whose group it has; one without a group of the only object that lies
    in it whole, if no other box holds that.

    Args:
        objects: the points of each, and its group; None: nobody has said which.
        boxes: each with its group.
    """
    found: list[Box | None] = []
    for points, group in objects:
        own = [box for of, box in boxes if of is not None and of == group]
        around = [box for of, box in boxes if of is None and _holds(box, points)]
        alone = [box for box in around if sum(_holds(box, other) for other, _ in objects) == 1]
        fitting = own or (alone if len(around) == 1 else [])
        found.append(fitting[0] if fitting else None)
    return found, len(boxes) - sum(box is not None for box in found)


def _holds(box: Box, points: Mapping[str, Place]) -> bool:
    left, top, width, height = box
    return all(
        left <= x <= left + width and top <= y <= top + height for x, y, _ in points.values()
    )


def _around(point: Point, free: Sequence[_Object]) -> _Object | None:
    """Return the one object whose box a point lies in; None where there are none or several."""
    inside = [one for one in free if one.box and _holds(one.box, {point.name: point.place})]
    return inside[0] if len(inside) == 1 else None


def _untold(point: Point, owner: _Object | None) -> str:
    if owner is not None:
        return (
            f"'{point.name}' stands twice in one object; give the points of each object a group "
            "of their own"
        )
    x, y, _ = point.place
    return (
        f"'{point.name}' at {x:g}, {y:g} lies in no box, or in several; give the points of each "
        "object a group of their own"
    )
