"""A profile as tables for a terminal."""

from hrbench.commands.profile.profile import SIZE, Profile
from hrbench.commands.profile.timing import Spread, Timing, spread
from hrbench.kinds.profiled import STAGES
from hrbench.report.text_table import Table, terminal

COUNTED = "convolutions and linear layers; no bias, normalisation or pooling"
NONE = "—"  # a stage that a task does not have


def text(profile: Profile, width: int, *, colour: bool) -> str:
    """Return a profile for `width` columns."""
    return terminal([_counts(profile), _times(profile)], width, colour=colour)


def _counts(profile: Profile) -> Table:
    counted, published = profile.complexity, profile.complexity.published
    rows = (
        ("parameters", f"{counted.parameters:,}", profile.model),
        ("multiply-adds", f"{counted.multiply_adds:,}", f"of {counted.item}; {COUNTED}"),
        (published.unit, _figures(published.value), published.words),
    )
    return Table(
        title=f"{profile.task}@{profile.variant}",
        header=("counted", "", "of what"),
        rows=rows,
        right=frozenset({""}),
        folding=frozenset({"of what"}),
    )


def _times(profile: Profile) -> Table:
    items = profile.items
    per_second = f"{items}/s"
    machine = str(profile.hardware["cpu" if profile.device == "cpu" else "device"])
    if profile.device == "cpu":
        machine += f", torch threads: {profile.threads}"
    return Table(
        title=f"Time of a batch on {profile.device} ({machine}), {profile.precision}",
        header=("batch", "stage", "median", "middle half", "share", per_second, "peak memory"),
        rows=tuple(row for timing in profile.timings for row in _rows(timing)),
        right=frozenset({"batch", "median", "share", per_second, "peak memory"}),
        below=_below(profile),
    )


def _rows(timing: Timing) -> list[tuple[str, ...]]:
    shares = timing.shares()
    rows = []
    for name in STAGES:
        if name not in shares:
            rows.append(("", name, NONE, NONE, NONE, NONE, ""))
            continue
        times = spread(timing.seconds[name])
        share = f"{100 * shares[name]:.0f} %"
        rate = _figures(timing.batch / times.median)
        rows.append(("", name, duration(times.median), _half(times), share, rate, ""))
    times, size = spread(timing.whole), timing.memory.size
    memory = NONE if size is None else f"{size / 2**20:,.0f} MiB"
    whole = ("", "whole", duration(times.median), _half(times), "", _figures(timing.per_second))
    rows.append((*whole, memory))
    return [(str(timing.batch), *rows[0][1:]), *rows[1:]]


def _below(profile: Profile) -> tuple[str, ...]:
    lines, readers = ["", profile.bottleneck], profile.readers
    if readers is not None:
        those = "process that does so keeps" if readers == 1 else "processes that do so keep"
        lines.append(
            f"`hrbench run` reads and crops beside the network: {readers} {those} up with it."
        )
    lines.append(f"Stages: {profile.stages}.")
    if profile.picture is not None:
        lines.append(
            f"Each of the {profile.items} is read anew, from a made-up JPEG file of "
            f"{SIZE[0]} x {SIZE[1]} (height x width), {profile.picture / 1000:.0f} kB, on one core."
        )
    repeats = ", ".join(f"{timing.repeats}" for timing in profile.timings)
    lines.append(f"Repeats of each batch, after warming up: {repeats}.")
    reasons = {timing.memory.reason for timing in profile.timings} - {""}
    lines.append(f"Peak memory: {'; '.join(sorted(reasons)) or profile.memory_of}.")
    weights = "random" if profile.weights is None else profile.weights
    return (*lines, f"Weights: {weights}.")


def duration(seconds: float) -> str:
    """Return "12.3 ms" or "1.23 s": three figures."""
    return f"{_figures(seconds)} s" if seconds >= 1 else f"{_figures(1000 * seconds)} ms"


def _half(times: Spread) -> str:
    return f"{duration(times.low)} to {duration(times.high)}"


def _figures(value: float) -> str:
    """Return three significant figures, and all of those before the point."""
    for least, digits in ((100, 0), (10, 1), (1, 2)):
        if value >= least:
            return f"{value:,.{digits}f}"
    return f"{value:.3g}"
