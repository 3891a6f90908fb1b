"""What there is: tasks, datasets, variants of tasks, suites, published checkpoints."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from hrbench import catalog
from hrbench.errors import UnknownNameError
from hrbench.fetching import names
from hrbench.report import benchmarks, checkpoints, literature, published
from hrbench.report.published import Row

LINE = 80  # columns
BY_NAME, IN_BROWSER, BY_HAND = "by name", "browser", "by hand"
WAYS = {
    BY_NAME: "`hrbench weights fetch NAME`, or NAME in place of a file",
    IN_BROWSER: "`hrbench weights fetch NAME` says which page to open",
    BY_HAND: "no address of the file is known",
}
TERMS = ("title", "homepage", "licence", "citation")  # of a dataset


@dataclass(frozen=True, slots=True)
class Listed:
    """All of one sort."""

    content: Any  # as JSON has it
    text: Callable[[int, bool], str]  # for a reader: in so many columns, in colour or not


def tasks() -> Listed:
    """Return the built-in tasks, each with the best published figure."""
    rows = published.load(catalog.published_results())
    lines = literature.tasks(benchmarks.benchmarks(), rows)
    return Listed(lines, lambda width, colour: literature.tasks_text(lines, width, colour=colour))


def datasets() -> Listed:
    """Return the datasets, each with who issues it and on what terms."""
    specs = map(catalog.load_dataset, catalog.names("datasets"))
    known = {spec.name: {key: getattr(spec, key) for key in TERMS} for spec in specs}
    return Listed(known, lambda *_: "\n".join(_terms(*named) for named in known.items()))


def variants() -> Listed:
    """Return every variant of every task: its network, and how long it is trained."""
    names = [f"{task}@{v}" for task in catalog.names("tasks") for v in catalog.variants(task)]
    specs = {name: catalog.load_task(name) for name in names}
    words = {name: f"{s.model.words}, {s.recipe.epochs} epochs" for name, s in specs.items()}
    longest = max(map(len, words))
    return Listed(words, lambda *_: "\n".join(f"{n:<{longest}}  {w}" for n, w in words.items()))


def suites() -> Listed:
    """Return the suites that come along: what each is, and how many runs."""
    known = {name: catalog.load_suite(name)[1] for name in catalog.names("suites")}
    lines = {name: {"title": one.title, "runs": len(one.runs)} for name, one in known.items()}
    longest = max(map(len, lines))
    words = (f"{n:<{longest}}  {one['title']}, {one['runs']} runs" for n, one in lines.items())
    return Listed(lines, lambda *_: "\n".join(words))


def weights(task: str | None = None) -> Listed:
    """Return the published checkpoints, of all tasks or of one.

    Raises:
        UnknownNameError: no task is called so.
    """
    if task is not None and task not in catalog.names("tasks"):
        raise UnknownNameError("task", task, catalog.names("tasks"))
    rows = checkpoints.read(catalog.published_weights())
    chosen = [row for row in rows if task in {None, row["task"]}]
    known = [{"name": names.name_of(row), **row, "fetch": _way(row)} for row in chosen]
    return Listed(known, lambda *_: _checkpoints(known))


LISTS: dict[str, Callable[[], Listed]] = {
    "tasks": tasks,
    "datasets": datasets,
    "variants": variants,
    "suites": suites,
    "weights": weights,
}


def _terms(name: str, about: dict[str, str]) -> str:
    lines = [f"  {key}: {about[key]}\n" for key in TERMS[1:] if about[key]]
    return f"{name}: {about['title']}\n{''.join(lines)}"


def _way(row: Row) -> str:
    """Return how one comes to a file of published weights."""
    if not row["url"]:
        return BY_HAND
    return IN_BROWSER if names.is_page(row["url"]) else BY_NAME


def _checkpoints(known: Sequence[Row]) -> str:
    """Return a line for each file, below it one for each of its figures; 80 columns at most."""
    lines: list[str] = []
    for task, of_task in groupby(known, key=itemgetter("task")):
        lines.append(task)
        for (name, way), rows in groupby(of_task, key=itemgetter("name", "fetch")):
            lines += [f"{name:<{LINE - len(BY_NAME) - 2}}  {way}", *map(_figure, rows)]
        lines.append("")
    ways = Counter(way for _, way in {(row["name"], row["fetch"]) for row in known})
    return "\n".join(
        (*lines, *(f"{way:<{len(BY_NAME)}}  {WAYS[way]} ({n})" for way, n in ways.items()))
    )


def _figure(row: Row) -> str:
    boxes = row["boxes"] and f"{row['boxes']} boxes"
    words = (row["variant"], row["metric"], row["value"], row["unit"], row["split"], boxes)
    return "    " + "  ".join(filter(None, (" ".join(filter(None, words)), row["licence"])))
