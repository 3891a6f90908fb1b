"""What a suite says: how its runs stand, and their figures beside the published ones."""

import json
from collections.abc import Mapping
from typing import Any

from hrbench import catalog
from hrbench.commands.suite.estimate import seconds
from hrbench.commands.suite.state import DONE, UNFIT, WELL
from hrbench.commands.suite.suite import Survey, earlier
from hrbench.report import forms, published
from hrbench.report.runs import Runs
from hrbench.report.text_table import Table, terminal
from hrbench.road.training import spoken

JSON = "json"


def is_well(survey: Survey, *, planned: bool) -> bool:
    """Whether each run is done or is being done; of a plan, whether each can begin."""
    states = {one.state for one in survey.standings}
    return UNFIT not in states if planned else states <= WELL


def content(survey: Survey, *, planned: bool) -> dict[str, Any]:
    """Return it as JSON has it."""
    lasting = durations(survey)
    return {
        "suite": survey.name,
        "title": survey.suite.title,
        "well": is_well(survey, planned=planned),
        "runs": [
            {**one.content(), "seconds": lasting.get(one.plan.experiment)}
            for one in survey.standings
        ],
        "report": json.loads(_report(survey, form=JSON, width=0, colour=False)),
    }


def text(survey: Survey, width: int, *, colour: bool, planned: bool) -> str:
    """Return a table of how runs stand; where it is no plan, below it that of their figures."""
    parts = [terminal([_table(survey)], width, colour=colour)]
    if not planned and any(one.record for one in survey.standings):
        parts.append(_report(survey, form=forms.TABLE, width=width, colour=colour))
    return "\n\n".join(parts)


def durations(survey: Survey) -> Mapping[str, float]:
    """Return how many seconds runs will take that are to be done, of those where it is known."""
    ended = earlier(survey)
    known = {plan.experiment: seconds(plan, ended) for plan in survey.to_do}
    return {experiment: taken for experiment, taken in known.items() if taken is not None}


def _table(survey: Survey) -> Table:
    lasting = durations(survey)
    counts: dict[str, int] = {}
    rows = []
    for one in survey.standings:
        counts[one.state] = counts.get(one.state, 0) + 1
        taken = lasting.get(one.plan.experiment)
        took = spoken(taken) if taken is not None else ""
        where = "" if one.run is None else one.run.name
        rows.append((one.plan.label, one.state, took, one.said or where))
    header = ("run", "state", "will take", "")
    kept = [index for index, name in enumerate(header) if any(row[index] for row in rows)]
    logs = [one for one in survey.standings if one.said and one.log and one.state not in WELL]
    return Table(
        title=survey.suite.title or survey.name,
        header=tuple(header[index] for index in kept),
        rows=tuple(tuple(row[index] for index in kept) for row in rows),
        folding=frozenset({"run", ""}),
        below=(
            "",
            ", ".join(f"{count} {state}" for state, count in counts.items()) + _together(lasting),
            *(f"log: {one.log}" for one in logs),
        ),
    )


def _together(lasting: Mapping[str, float]) -> str:
    """Return in words how long all runs will take of which it is known."""
    return f"; {spoken(sum(lasting.values()))} for those that are known" if lasting else ""


def _report(survey: Survey, *, form: str, width: int, colour: bool) -> str:
    done = [one for one in survey.standings if one.state == DONE]
    runs = Runs(
        tuple(one.run for one in done if one.run), tuple(one.record for one in done if one.record)
    )
    literature = published.load(catalog.published_results())
    return forms.report(runs, literature, form=form, width=width, colour=colour)
