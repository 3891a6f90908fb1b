"""What CVAT's XML says of its labels: which are skeletons, of which points, joined how.

Source: docs.cvat.ai, "XML annotation format", version 1.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from xml.etree.ElementTree import Element

from hrbench.convert.labels import NamePairs


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a task."""

    name: str
    points: tuple[str, ...] = ()  # of a skeleton
    edges: NamePairs = ()


class _Drawing(HTMLParser):
    """The drawing of a skeleton: circles that have the points' names, lines between them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str | None, str] = {}  # by the number of a node
        self.lines: list[tuple[str | None, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "circle" and (name := said.get("data-label-name")):
            self.names[said.get("data-node-id")] = name
        if tag == "line" and said.get("data-type") == "edge":
            self.lines.append((said.get("data-node-from"), said.get("data-node-to")))


def labels(root: Element) -> dict[str, Label]:
    """Return the labels of a file that are no points of a skeleton, by their names."""
    rows = [row for meta in root.findall("meta") for row in meta.iter("label")]
    parts = [(row.findtext("parent"), row.findtext("name", "")) for row in rows]
    found = {}
    for parent, name in parts:
        if not parent:
            points = tuple(dict.fromkeys(part for owner, part in parts if owner == name))
            found[name] = Label(name, points)
    for row in rows:
        label, drawing = found.get(row.findtext("name", "")), row.findtext("svg")
        if label is not None and label.points and drawing:
            edges = tuple(_edges(drawing, label.points))
            found[label.name] = Label(label.name, label.points, edges)
    return found


def _edges(drawing: str, points: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    parser = _Drawing()
    parser.feed(drawing)
    ends = [(parser.names.get(start), parser.names.get(end)) for start, end in parser.lines]
    joined = {frozenset(pair): pair for pair in ends if {*pair} <= {*points} and len({*pair}) == 2}
    yield from ((str(start), str(end)) for start, end in joined.values())
