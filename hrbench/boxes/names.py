"""Image files told by what another file calls them: with all of their folders, some, or none."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from hrbench.data.faults import Fault, fault_of
from hrbench.files.paths import with_slashes

NOT_THERE = -1  # in place of an index
Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Which of some paths is meant by each name, as far as that is clear."""

    place: Mapping[str, int]  # index of the path by the name
    elsewhere: tuple[str, ...]  # of these names, those whose folder is another than the path's
    faults: list[Fault]  # names of several paths, paths of several names


def told(names: Sequence[str], paths: Sequence[str]) -> Told:
    """Return the path that each name means.

    A name and a path agree where one ends as the other does: `a/1.jpg` is `photos/a/1.jpg` or
    `1.jpg`, and not `b/1.jpg`. A file name that agrees with nothing, and is there once among the
    names and once among the paths, is taken to be moved. A name may lack its ending.
    """
    wholes, stems = [_parts(path) for path in paths], [_bare(_parts(path)) for path in paths]
    by_end: defaultdict[str, list[int]] = defaultdict(list)
    by_stem: defaultdict[str, list[int]] = defaultdict(list)
    for index, (whole, stem) in enumerate(zip(wholes, stems, strict=True)):
        by_end[whole[-1]].append(index)
        by_stem[stem[-1]].append(index)
    listed = {name: _parts(name) for name in dict.fromkeys(names)}
    often = Counter(own[-1] for own in listed.values())
    matches: dict[str, tuple[int, int]] = {}  # the path, and how many parts agree; 0: moved
    unclear: list[str] = []
    for name, own in listed.items():
        near, full = (by_end[own[-1]], wholes) if own[-1] in by_end else (by_stem[own[-1]], stems)
        ranked = [(_agreeing(own, full[index]), index) for index in near]
        most = max((count for count, _ in ranked), default=0)
        best = [index for count, index in ranked if count == most]
        if len(best) > 1 and (most or often[own[-1]] == 1):
            unclear.append(f"{name} is {' or '.join(paths[index] for index in best[:3])}")
        elif len(best) == 1 and (most or often[own[-1]] == 1):
            matches[name] = best[0], most
    place, several = _one_each(matches)
    return Told(
        place,
        tuple(name for name in place if not matches[name][1]),
        [
            *fault_of("names of images that several files have", unclear),
            *fault_of(
                "image files that have several names there",
                [f"{paths[index]} is {' or '.join(rivals[:3])}" for index, rivals in several],
            ),
        ],
    )


def _one_each(
    matches: Mapping[str, tuple[int, int]],
) -> tuple[dict[str, int], list[tuple[int, list[str]]]]:
    """Return the name that agrees best with each path, and the paths with which several do."""
    rivals: defaultdict[int, list[str]] = defaultdict(list)
    for name, (index, _) in matches.items():
        rivals[index].append(name)
    place: dict[str, int] = {}
    several = []
    for index, names in rivals.items():
        most = max(matches[name][1] for name in names)
        best = [name for name in names if matches[name][1] == most]
        if len(best) == 1:
            place[best[0]] = index
        else:
            several.append((index, best))
    return place, several


def _agreeing(one: Parts, other: Parts) -> int:
    """Return how many of the last parts are the same, where that is all of one; else 0."""
    shorter = min(len(one), len(other))
    return shorter if one[-shorter:] == other[-shorter:] else 0


def _parts(name: str) -> Parts:
    return PurePosixPath(with_slashes(name)).parts or (name,)


def _bare(parts: Parts) -> Parts:
    return (*parts[:-1], PurePosixPath(parts[-1]).stem)
