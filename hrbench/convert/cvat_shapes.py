"""The shapes of CVAT's XML: skeletons, points and boxes, by pictures or frames.

Source: docs.cvat.ai, "XML annotation format", version 1.1.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from hrbench.convert.grouping import Place, Point
from hrbench.convert.labels import HIDDEN, SEEN, Box
from hrbench.data.headers import Size
from hrbench.errors import DataError

ROOT = "annotations"
FRAME = "frame_{:06d}"  # what CVAT calls the picture of a video's frame
YES, NO = "1", "0"
SKELETON, POINTS, BOX = "skeleton", "points", "box"
NO_SHAPES = {"attribute", "tag"}
Group = str | None


@dataclass(slots=True)
class Shapes:
    """What is annotated in one picture."""

    where: str  # in the file, in words
    subset: str = ""
    size: Size | None = None
    skeletons: list[tuple[str, dict[str, Place], Group]] = field(default_factory=list)
    points: list[tuple[str, list[Place], Group]] = field(default_factory=list)
    boxes: list[tuple[Group, Box]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)  # what is left out, in words
    interpolated: int = 0  # objects between two frames that somebody annotated

    def add(self, shape: Element, label: str, group: Group) -> None:
        """Take a shape in; what is outside of the picture is none.

        Raises:
            DataError: its places are no numbers.
        """
        if shape.tag in NO_SHAPES or shape.get("outside") == YES:
            return
        if shape.tag == SKELETON:
            elements = self._elements(shape)
            if elements:
                self.skeletons.append((label, elements, group))
                self.interpolated += shape.get("keyframe") == NO
        elif shape.tag == POINTS:
            self.points.append((label, self._places(shape), group))
            self.interpolated += shape.get("keyframe") == NO
        elif shape.tag == BOX and "rotation" not in shape.attrib:
            self.boxes.append((group, self._box(shape)))
        else:
            turned = "boxes that are turned" if shape.tag == BOX else f"shapes '{shape.tag}'"
            self.others[turned] += 1

    def grouped(self) -> list[Point]:
        """Return the points that are a shape of their own each, as their labels call them."""
        return [Point(label, place, group) for label, (place,), group in self.points]

    def _elements(self, skeleton: Element) -> dict[str, Place]:
        """Return the points of a skeleton that are in the picture, by their labels."""
        elements = {}
        for element in skeleton.findall(POINTS):
            if element.get("outside") != YES:
                label = element.get("label", "")
                place, *more = self._places(element)
                if more:
                    raise DataError(f"{self.where}: '{label}' has several places")
                elements[label] = place
        return elements

    def _places(self, shape: Element) -> list[Place]:
        flag = HIDDEN if shape.get("occluded") == YES else SEEN
        pairs = [self._numbers(pair.split(","), 2) for pair in shape.get("points", "").split(";")]
        return [(x, y, flag) for x, y in pairs]

    def _box(self, shape: Element) -> Box:
        corners = [shape.get(key, "") for key in ("xtl", "ytl", "xbr", "ybr")]
        left, top, right, bottom = self._numbers(corners, 4)
        return left, top, right - left, bottom - top

    def _numbers(self, texts: list[str], count: int) -> list[float]:
        try:
            numbers = [float(text) for text in texts]
        except ValueError as error:
            raise DataError(f"{self.where}: {error}") from error
        if len(numbers) != count or not all(map(math.isfinite, numbers)):
            raise DataError(f"{self.where}: '{','.join(texts)}' is not {count} numbers")
        return numbers


def root_of(file: Path) -> Element:
    """Return the root of CVAT's XML.

    Raises:
        DataError: it cannot be read, or is not CVAT's.
    """
    try:
        content = file.read_bytes()
        if b"<!DOCTYPE" in content:  # which may define text that grows, or names other files
            raise DataError(f"{file} has a document type of its own, and CVAT's XML has none")
        root = ET.fromstring(content)  # noqa: S314  it has no entities of its own
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from error
    except (ET.ParseError, LookupError) as error:  # LookupError: of an unknown encoding
        raise DataError(f"{file} is not XML: {error}; export it again") from error
    if root.tag != ROOT or (root.find("image") is None and root.find("track") is None):
        raise DataError(f"{file} is XML, and has neither images nor tracks as CVAT writes them")
    return root


def in_images(file: Path, root: Element) -> dict[str, Shapes]:
    """Return what is annotated in each image, by its name.

    Raises:
        DataError: an image has no name, or a shape is not right.
    """
    listed = {}
    for image in root.findall("image"):
        name = image.get("name", "")
        if not name or name in listed:
            raise DataError(f"{file}: image {image.get('id')} has no name of its own")
        shapes = Shapes(f"{file}, image {name}", image.get("subset", ""), _size(image))
        for shape in image:
            shapes.add(shape, shape.get("label", ""), shape.get("group_id"))
        listed[name] = shapes
    return listed


def in_tracks(file: Path, root: Element) -> dict[str, Shapes]:
    """Return what is annotated in each frame, by what CVAT calls its picture.

    Raises:
        DataError: frames are of several videos, or a shape is not right.
    """
    if len(tasks := {track.get("task_id") for track in root.findall("track")}) > 1:
        raise DataError(
            f"{file} has the frames of {len(tasks)} tasks, each counted from 0; export the tasks "
            "one by one"
        )
    listed: dict[int, Shapes] = {}
    for track in root.findall("track"):
        for shape in track:
            number = shape.get("frame", "")
            if not number.isdecimal():
                raise DataError(f"{file}: a shape of track {track.get('id')} is of no frame")
            where = f"{file}, frame {number}"
            of_frame = listed.setdefault(int(number), Shapes(where, track.get("subset", "")))
            of_frame.add(shape, track.get("label", ""), track.get("group_id"))
    return {FRAME.format(number): listed[number] for number in sorted(listed)}


def _size(image: Element) -> Size | None:
    width, height = image.get("width", ""), image.get("height", "")
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else None
