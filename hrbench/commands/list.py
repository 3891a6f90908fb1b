"""What there is: tasks, datasets, variants of tasks, published checkpoints."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hrbench import catalog
from hrbench.report import benchmarks, checkpoints, literature, published
from hrbench.report.text_table import terminal

WIDE = 200  # columns for names of files where no terminal limits them
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


def weights() -> Listed:
    """Return the published checkpoints."""
    known = checkpoints.read(catalog.published_weights())

    def text(width: int, colour: bool) -> str:
        table = checkpoints.list_table(known)
        return terminal([table], width if colour else WIDE, colour=colour)

    return Listed(known, text)


LISTS: dict[str, Callable[[], Listed]] = {
    "tasks": tasks,
    "datasets": datasets,
    "variants": variants,
    "weights": weights,
}


def _terms(name: str, about: dict[str, str]) -> str:
    lines = [f"  {key}: {about[key]}\n" for key in TERMS[1:] if about[key]]
    return f"{name}: {about['title']}\n{''.join(lines)}"
