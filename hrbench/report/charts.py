"""Charts of a run's curves and of its training, by matplotlib.

Each is a figure that can be written as pixels, or as SVG whose colours a page may choose.
Letters: T places of a line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hrbench.metrics.metric import CurveAxes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, PALE = "#141414", "#6e6e6e", "#e1e1e1"
COLORS = (  # told apart by the colour-blind (Okabe and Ito 2008)
    *(INK, "#e69f00", "#56b4e9", "#009e73", "#0072b2", "#d55e00", "#cc79a7", "#8c8c8c"),
)
FULL = 100  # per cent
FIRST, OTHER = 2.2, 1.4  # points that lines are wide
NAMED = 4  # names of lines in a row
STYLE: Any = {  # whose keys matplotlib types one by one
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 9,
    "grid.color": PALE,
    "legend.frameon": False,
    "svg.fonttype": "none",  # letters stay letters, in the page's font
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
}


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A named line through (T,) places; NaN leaves a gap."""

    name: str
    across: NDArray[np.float64]
    up: NDArray[np.float64]
    marked: bool = False  # a dot at each place


def curve(
    content: Mapping[str, Sequence[float | None]], axes: CurveAxes, inches: tuple[float, float]
) -> "Figure":
    """Return a figure of a record's curve, from 0 to 100 per cent.

    Args:
        content: what the lines are drawn over, then each line; the first one counts, and lies
            above the others. A line of nothing is neither drawn nor named.
        axes: what they are of.
        inches: width and height.
    """
    across, *lines = (np.array(values, dtype=np.float64) for values in content.values())
    named = zip(list(content)[1:], lines, strict=True)
    figure, chart = plain([Line(name, across, values) for name, values in named], inches)
    chart.set(xlim=(0, across[-1]), ylim=(0, FULL), xlabel=axes.across, ylabel=axes.up)
    return figure


def learning(line: Line, across: str, inches: tuple[float, float]) -> "Figure":
    """Return a figure of a line over steps or epochs."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415  takes long

    figure, chart = plain([line], inches)
    chart.set(xlabel=across, ylabel=line.name)
    chart.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    return figure


def reliability(
    content: Mapping[str, Mapping[str, float]], inches: tuple[float, float]
) -> "Figure":
    """Return a figure of how many answers are right over their scores, both in per cent.

    Args:
        content: a record's rows of bins, each called by its score's kind and a number.
        inches: width and height.
    """
    kinds = list(dict.fromkeys(name.rpartition(" ")[0] for name in content))
    lines = []
    for kind in kinds:
        bins = [row for name, row in content.items() if name.rpartition(" ")[0] == kind]
        across, up = (np.array([row[key] for row in bins]) for key in ("score", "right"))
        lines.append(Line(kind, across, up, marked=True))
    figure, chart = plain(lines, inches)
    chart.plot([0, 100], [0, 100], color=GREY, linewidth=OTHER, linestyle=":", zorder=1)
    what = f"{kinds[0]} score (%)" if len(kinds) == 1 else "score (%)"
    chart.set(xlim=(0, 100), ylim=(0, 100), xlabel=what, ylabel="right (%)")
    return figure


def plain(lines: Sequence[Line], inches: tuple[float, float]) -> "tuple[Figure, Axes]":
    """Return a figure of lines, which are named above it where there are several."""
    import matplotlib as mpl  # noqa: PLC0415  takes long, and only pictures need it
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=inches, layout="constrained")
        chart = figure.add_subplot()
        for place, (line, color) in enumerate(zip(lines, COLORS, strict=False)):
            if np.isnan(line.up).all():
                continue
            chart.plot(
                line.across,
                line.up,
                color=color,
                label=line.name,
                linewidth=OTHER if place else FIRST,
                marker="o" if line.marked else "",
                markersize=3,
                zorder=len(lines) + 2 - place,
            )
        if len(lines) > 1:
            figure.legend(loc="outside upper left", ncols=NAMED, handlelength=1.2)
    return figure, chart
