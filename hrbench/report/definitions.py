"""Every figure's unit, direction and meaning by its name, as the metrics say."""

from dataclasses import replace

from hrbench.metrics.figures import OF_GROUPS
from hrbench.metrics.metric import Definition
from hrbench.metrics.registry import METRICS


def define(name: str) -> Definition | None:
    """Return what the figure `name` is, or None for one that no metric has.

    `PCKh@0.5:shoulder` is `PCKh@0.5` of one keypoint.
    """
    whole, _, keypoint = name.partition(":")
    figures = (*(figure for metric in METRICS.values() for figure in metric.figures), *OF_GROUPS)
    known = next((definition for figure in figures if (definition := figure.of(whole))), None)
    if known is None or not keypoint:
        return known
    return replace(known, meaning=f"{known.meaning}, {keypoint} only")


def rounded(name: str, value: float) -> str:
    """Return `value` with the decimals that the literature prints for figure `name`."""
    return f"{value:.{_digits(name)}f}"


def finer(name: str, value: float) -> str:
    """Return a difference of two values of a figure, with a decimal more than they have.

    So nobody takes what rounding does to the two for an error of the third.
    """
    return f"{value:.{_digits(name) + 1}f}"


def with_sign(text: str) -> str:
    """Return a difference that is rounded with its sign, of which zero has none."""
    if float(text) == 0:
        return text.removeprefix("-")
    return text if text.startswith("-") else f"+{text}"


def _digits(name: str) -> int:
    known = define(name)
    return known.digits if known else 2
