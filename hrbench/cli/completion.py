"""What a shell offers to complete: tasks and variants, datasets, suites, runs, forms; else files.

click has the rest: commands, options and their choices, and the scripts of bash, zsh and fish.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from hrbench.report import run_folders

Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@add_completion_class
class Bash(BashComplete):
    """bash, in which "@" divides no words: it stands before variants."""

    source_template = f"COMP_WORDBREAKS=${{COMP_WORDBREAKS//@/}}\n{BashComplete.source_template}"


def tasks(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the tasks, or behind NAME@ its variants."""
    from hrbench import catalog  # noqa: PLC0415

    del context
    if "@" not in begun:
        return _offered(catalog.names("tasks"), begun)
    name = begun.partition("@")[0]
    known = catalog.variants(name) if name in catalog.names("tasks") else []
    return _offered((f"{name}@{variant}" for variant in known), begun)


def datasets(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the datasets."""
    from hrbench import catalog  # noqa: PLC0415

    del context
    return _offered(catalog.names("datasets"), begun)


def suites(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the suites that come with hrbench."""
    from hrbench import catalog  # noqa: PLC0415

    del context
    return _offered(catalog.names("suites"), begun)


def runs(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the runs, the latest first, each with its task; by their ids if none is called so."""
    folders = run_folders.every(Path(context.params.get("out") or run_folders.RUNS))[::-1]
    names = {run_folders.LATEST: ""} if folders else {}
    names |= {folder.name: folder.parent.name for folder in folders}
    stamps = ((run_folders.NAMED.fullmatch(folder.name), folder) for folder in folders)
    ids = {named[2]: folder.parent.name for named, folder in stamps if named}
    return _offered(names, begun, names) or _offered(ids, begun, ids)


def words(*known: str) -> Offer:
    """Return what offers some words."""
    return lambda _, __, begun: _offered(known, begun)


def several(*known: str) -> Offer:
    """Return what offers some words behind a comma each, but for those that are said already."""

    def offered(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
        before, comma, _last = begun.rpartition(",")
        said = before.split(",")
        return _offered((f"{before}{comma}{word}" for word in known if word not in said), begun)

    return offered


def either(*offers: Offer) -> Offer:
    """Return what offers of several sorts the first that fits, and files where none does."""

    def offered(
        context: click.Context, parameter: click.Parameter, begun: str
    ) -> list[CompletionItem]:
        found = (offer(context, parameter, begun) for offer in offers)
        return next(filter(None, found), [CompletionItem(begun, type="file")])

    return offered


def _offered(
    names: Iterable[str], begun: str, about: dict[str, str] | None = None
) -> list[CompletionItem]:
    fitting = (name for name in names if name.startswith(begun))
    return [CompletionItem(name, help=(about or {}).get(name) or None) for name in fitting]


A_TASK = either(tasks)
TASK_OR_RUN = either(tasks, runs)
DATASET = either(datasets, tasks)
SUITE = either(suites)
RUN = either(runs)
