"""What is to be fetched, and what only a person can get, in words and as JSON has it."""

import textwrap
from collections.abc import Sequence
from typing import Any

from hrbench.commands.fetch.plan import Part, Plan, State, free

WIDTH = 100  # columns
SHOWN = 3  # names of files
UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def size(count: int) -> str:
    """Return "1.5 GB"."""
    unit, of_unit = next((pair for pair in UNITS if count >= pair[1]), UNITS[-1])
    return f"{count / of_unit:,.1f} {unit}"


def many(names: Sequence[str]) -> str:
    """Return "2 files (a, b)"."""
    shown = ", ".join(names[:SHOWN]) + ", …" * (len(names) > SHOWN)
    return f"{len(names):,} file{'s' * (len(names) != 1)} ({shown})"


def text(plan: Plan, *, keep: bool) -> str:
    """Return what will be done, how large it is and on what terms."""
    about = plan.dataset
    lines = [f"{about.name}: {about.title}, into {plan.folder}"]
    terms = {"homepage": about.homepage, "licence": about.licence, "citation": about.citation}
    lines += [_wrapped(f"  {key + ':':<10} ", value) for key, value in terms.items() if value]
    lines.append("")
    for part in plan.parts:
        lines.append(_wrapped(f"  {part.state:<10} ", _words(part)))
        if part.state is State.FETCH:
            lines.append(f"             from {part.download.address}")
    return "\n".join([*lines, "", _sum(plan, keep=keep)])


def steps(plan: Plan, splits: Sequence[str]) -> str:
    """Return what a person has to do for some splits, step by step; "" where nothing."""
    wanted = set(splits)
    parts = [
        part
        for part in plan.of(State.BY_HAND)
        if not part.download.splits or wanted & set(part.download.splits)
    ]
    return "\n\n".join(_by_hand(part) for part in parts) if wanted else ""


def content(plan: Plan) -> dict[str, Any]:
    """Return it as JSON has it."""
    parts = [
        {
            "file": part.download.file or None,
            "state": str(part.state),
            "address": part.download.address or None,
            "bytes": part.download.bytes,
            "hash": part.download.hash,
            "steps": list(part.download.steps),
            "places": [str(part.folder / given.place) for given in part.download.gives],
        }
        for part in plan.parts
    ]
    about = {key: getattr(plan.dataset, key) for key in ("name", "homepage", "licence")}
    return {**about, "folder": str(plan.folder), "splits": list(plan.splits), "downloads": parts}


def _words(part: Part) -> str:
    about = part.download
    places = ", ".join(given.place for given in about.gives)
    if part.state not in {State.UNPACK, State.FETCH}:
        return places
    known = f", {size(about.bytes)}" if about.bytes else ""
    return f"{about.file}{known}: {places}"


def _sum(plan: Plan, *, keep: bool) -> str:
    if not plan.of(State.FETCH, State.UNPACK):
        return "nothing to fetch"
    sizes = [part.download.bytes for part in plan.of(State.FETCH)]
    unknown = sizes.count(None)
    told = [size(sum(filter(None, sizes)))] if unknown < len(sizes) else []
    told += [f"{unknown} of a size that only the server knows"] if unknown else []
    room = plan.room(keep=keep)
    takes = f"it takes {size(room)} of room on the way, " if room else ""
    return f"to fetch: {' and '.join(told) or 'nothing'}; {takes}{size(free(plan.folder))} are free"


def _by_hand(part: Part) -> str:
    about, folder = part.download, part.folder
    places = ", ".join(str(folder / given.place) for given in about.gives)
    last = [f"put it where it is read: {places}"]
    if about.file:
        last = [f"put it into {folder}", f"give the command again, which unpacks it to {places}"]
    lines = enumerate([*about.steps, *last], 1)
    name = about.file or about.gives[0].place
    return "\n".join([f"by hand: {name}", *(_wrapped(f"  {n}. ", line) for n, line in lines)])


def _wrapped(first: str, words: str) -> str:
    return textwrap.fill(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
