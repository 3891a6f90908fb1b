"""Runs beside what is published: all of one, a line for each of several, or how far off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hrbench import catalog
from hrbench.report import checkpoints, detail, forms, published, ranking, run_folders
from hrbench.report import runs as folders
from hrbench.report.checkpoints import Comparison
from hrbench.report.html import alike
from hrbench.report.html import report as html
from hrbench.report.runs import Runs
from hrbench.report.text_table import terminal

RANKED = (forms.TABLE, *forms.PAPERS, "csv", "json", forms.HTML)  # forms with ranks


@dataclass(frozen=True, slots=True)
class Checked:
    """Figures of published weights beside the printed ones."""

    comparisons: Sequence[Comparison]

    @property
    def agrees(self) -> bool:
        """Whether none that can be compared is too far off."""
        return all(one.reason or one.agrees for one in self.comparisons)

    def content(self) -> list[dict[str, object]]:
        """Return them as JSON has them."""
        return [one.content() for one in self.comparisons]

    def text(self, width: int, *, colour: bool) -> str:
        """Return a table."""
        return terminal([checkpoints.check_table(self.comparisons)], width, colour=colour)


def read(names: Sequence[str], *, strict: bool = False) -> Runs:
    """Return the runs that are named, or all; with `strict` a damaged record is an error.

    Raises:
        RunError: a name stands for no run, or for several.
    """
    return folders.load(names, run_folders.RUNS, strict=strict)


def report(runs: Runs, *, form: str, **asked: Any) -> str:
    """Return what is reported: of one run that is named all of it, of others a line.

    Args:
        runs: those that a user names.
        form: table, markdown, latex, csv, json or html.
        asked: what else `forms.report` takes.

    Raises:
        HrbenchError: there is no such form, or no such task.
    """
    literature = published.load(catalog.published_results())
    if form == forms.HTML:
        style = {key: asked[key] for key in ("task", "each")}
        return html.report(runs, literature, **style)
    if runs.alone and form in detail.FORMS:
        style = {key: asked[key] for key in ("width", "colour")}
        return detail.detail(runs.records[0], runs.folders[0], literature, form=form, **style)
    return forms.report(runs, literature, form=form, **asked)


def compared(runs: Runs, task: str | None = None) -> Checked:
    """Compare runs of published weights, of one task or all, with the figures of those."""
    records = [record for record in runs.records if task in {None, record.task}]
    return Checked(checkpoints.compared(records, checkpoints.read(catalog.published_weights())))


def spoilt(runs: Runs, task: str | None, form: str) -> list[str]:
    """Return in sentences what a report lacks because a file beside a record is damaged."""
    if form not in RANKED or (runs.alone and form in detail.FORMS):
        return []
    pairs = [
        (record, folder)
        for record, folder in zip(runs.records, runs.folders, strict=True)
        if task in {None, record.task}
    ]
    compared_with_none = alike.kept(pairs)[1] if form == forms.HTML else []
    return [*ranking.spoilt(folder for _, folder in pairs), *compared_with_none]
