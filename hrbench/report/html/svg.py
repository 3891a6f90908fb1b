"""Figures of matplotlib as SVG that takes its colours and letters from the page it is part of."""

import io
import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from hrbench.report.charts import COLORS, GREY, INK, PALE, STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = {  # a colour of the figure -> the page's
    INK: "var(--ink)",
    GREY: "var(--soft)",
    PALE: "var(--line)",
    **{color: f"var(--line-{n})" for n, color in enumerate(COLORS) if n},
}
COLOR = re.compile("|".join(PAGE))
HEAD = re.compile(r"^.*?<svg [^>]*>", re.DOTALL)
SIZE = re.compile(r'viewBox="([^"]*)"')
NEEDLESS = re.compile(
    r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>|(?<=<g) id=\"[^\"]*\"|</svg>", re.DOTALL
)
FAMILY = re.compile(r"font-family: [^;\"]*;? ?|(?<=font: )([\d.]+px)[^;\"]*")
PATH = re.compile(r'(?<= d=")[^"]*')
DIGITS = re.compile(r"(\.\d)\d+")
ID = re.compile(r'(\bid="|url\(#|href="#)')


def drawn(figure: "Figure", name: str, words: str) -> Markup:
    """Return a figure as an SVG element.

    Args:
        figure: in the colours of `charts`.
        name: of the element, no other's in the file; its parts' ids begin so.
        words: what is on it, for who cannot see it.
    """
    import matplotlib as mpl  # noqa: PLC0415  takes long

    file = io.StringIO()
    figure.patch.set_alpha(0)
    for axes in figure.axes:
        axes.patch.set_alpha(0)
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    box = SIZE.search(text)
    if box is None:
        raise ValueError("matplotlib's SVG has no viewBox")
    text = NEEDLESS.sub("", HEAD.sub("", text, count=1))
    text = ID.sub(rf"\g<1>{name}-", text)
    text = COLOR.sub(lambda found: PAGE[found[0]], text)
    text = FAMILY.sub(lambda found: f"{found[1]} inherit" if found[1] else "", text)
    text = PATH.sub(lambda found: " ".join(DIGITS.sub(r"\1", found[0]).split()), text)
    lines = (line.strip() for line in text.splitlines())
    body = Markup("\n".join(filter(None, lines)))  # noqa: S704  matplotlib escapes names
    return Markup('<svg viewBox="{}" role="img" aria-label="{}">{}</svg>').format(
        box[1], words, body
    )
