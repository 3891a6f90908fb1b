"""The 68, 98, 29 and 19 points of the four face sets, read off the lines of a face.

Left and right are as one sees the face. Sources: Sagonas et al. 2016 (iBUG's 68), Wu et al.
2018 (WFLW's 98), Burgos-Artizzu et al. 2013 (COFW's 29), Koestinger et al. 2011 without the
ears (AFLW's 19).
"""

import numpy as np

from hrbench.arrays import Floats
from hrbench.world.faces.lines import LEFT, RIGHT, Lines

_LIPS = np.array([-1.0, -0.62, -0.25, 0.0, 0.25, 0.62, 1.0])  # the corners are the upper edge's
_INNER = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
_OUTER_END, _MIDDLE, _INNER_END = np.array([0.0]), np.array([0.5]), np.array([1.0])  # along
_UPPER_EDGE, _LINE, _LOWER_EDGE = -1.0, 0.0, 1.0  # across a brow


def ibug68(lines: Lines) -> Floats:
    """Return (68, 3) mm: jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, mouth 48-67."""
    brow, upper, lower = np.linspace(0, 1, 5), np.linspace(0, 1, 4), np.array([2, 1]) / 3
    rest = lines.lift(
        lines.brow(LEFT, brow, _UPPER_EDGE),
        lines.brow(RIGHT, brow[::-1], _UPPER_EDGE),
        _nose(lines),
        *(lines.lid(LEFT, upper, 1), lines.lid(LEFT, lower, 0)),
        *(lines.lid(RIGHT, upper[::-1], 1), lines.lid(RIGHT, lower[::-1], 0)),
        _mouth(lines),
    )
    return np.concatenate((lines.jaw(17), rest))


def wflw98(lines: Lines) -> Floats:
    """Return (98, 3) mm: jaw 0-32, brows 33-50, nose 51-59, eyes 60-75, mouth 76-95, pupils."""
    there, back = np.linspace(0, 1, 5), np.array([0.75, 0.5, 0.25])
    below = np.append(1, back)
    rest = lines.lift(
        *(lines.brow(LEFT, there, _UPPER_EDGE), lines.brow(LEFT, below, _LOWER_EDGE)),
        *(lines.brow(RIGHT, there[::-1], _UPPER_EDGE), lines.brow(RIGHT, below[::-1], _LOWER_EDGE)),
        _nose(lines),
        *(lines.lid(LEFT, there, 1), lines.lid(LEFT, back, 0)),
        *(lines.lid(RIGHT, there[::-1], 1), lines.lid(RIGHT, back[::-1], 0)),
        _mouth(lines),
        *(lines.pupil(LEFT), lines.pupil(RIGHT)),
    )
    return np.concatenate((lines.jaw(33), rest))


def cofw29(lines: Lines) -> Floats:
    """Return (29, 3) mm: brows 0-7, eyes 8-15, pupils, nose 18-21, mouth 22-27, chin."""
    sides, centre = (LEFT, RIGHT), np.array([0.0])
    edges, lids = (_UPPER_EDGE, _LOWER_EDGE), (1, 0)
    rest = lines.lift(
        *(lines.brow(side, end, _LINE) for end in (_OUTER_END, _INNER_END) for side in sides),
        *(lines.brow(side, _MIDDLE, edge) for side in sides for edge in edges),
        *(lines.lid(side, end, 1) for end in (_OUTER_END, _INNER_END) for side in sides),
        *(lines.lid(side, _MIDDLE, lid) for side in sides for lid in lids),
        *(lines.pupil(side) for side in sides),
        lines.nose_base(np.array([-1.0, 1.0])),
        *(lines.ridge(np.array([1.0])), lines.nose_base(centre)),
        lines.lips(np.array([-1.0, 1.0]), "upper_outer"),
        *(lines.lips(centre, edge) for edge in ("upper_outer", "upper_inner")),
        *(lines.lips(centre, edge) for edge in ("lower_inner", "lower_outer")),
    )
    return np.concatenate((rest, lines.jaw(3)[1:2]))


def aflw19(lines: Lines) -> Floats:
    """Return (19, 3) mm: brows 0-5, eyes 6-11, nose 12-14, mouth 15-17, chin."""
    along, sides, centre = np.array([0.0, 0.5, 1.0]), np.array([-1.0, 1.0]), np.array([0.0])
    wings, corners = lines.nose_base(sides), lines.lips(sides, "upper_outer")
    between = lines.lips(centre, "upper_inner") + lines.lips(centre, "lower_inner")
    rest = lines.lift(
        *(lines.brow(LEFT, along, _LINE), lines.brow(RIGHT, along[::-1], _LINE)),
        *(lines.lid(LEFT, along, 0.5), lines.lid(RIGHT, along[::-1], 0.5)),
        *(wings[:1], lines.ridge(np.array([1.0])), wings[1:]),
        *(corners[:1], between / 2, corners[1:]),
    )
    return np.concatenate((rest, lines.jaw(3)[1:2]))


def _nose(lines: Lines) -> Floats:
    """Return (9, 3): the ridge downwards, then the base from left to right."""
    return np.concatenate((lines.ridge(np.linspace(0, 1, 4)), lines.nose_base(_INNER)))


def _mouth(lines: Lines) -> Floats:
    """Return (20, 3): the outer edge clockwise from the left corner, then the inner one."""
    return np.concatenate(
        (
            lines.lips(_LIPS, "upper_outer"),
            lines.lips(_LIPS[5:0:-1], "lower_outer"),
            lines.lips(_INNER, "upper_inner"),
            lines.lips(_INNER[3:0:-1], "lower_inner"),
        )
    )
