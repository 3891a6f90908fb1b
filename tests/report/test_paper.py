"""Tables as papers print them: what stands in them, and how LaTeX and Markdown write it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pylatexenc.latexwalker import (
    LatexEnvironmentNode,
    LatexMacroNode,
    LatexNode,
    LatexWalker,
)
from report.records import OFFICIAL, record, row, with_interval

from hrbench.report.paper import papers
from hrbench.report.paper_latex import latex
from hrbench.report.paper_markdown import markdown
from hrbench.report.printed import Paper
from hrbench.report.record import Counts, MetricValue, RunRecord, measured
from hrbench.report.repeats import repeats

SOURCE = "Official HRNet pose repository, 2019"
ROWS = [
    row(),
    row(metric="AR", value="79.8"),
    row(value="76.3", system="pose_hrnet_w48", backbone="hrnet-w48"),
    row(metric="AR", value="81.2", system="pose_hrnet_w48", backbone="hrnet-w48"),
]


def one(*records: RunRecord, rows: list[dict[str, str]] = ROWS) -> Paper:
    folders = {run.id: Path("no draws in it") for run in records}
    (paper,) = papers(repeats(records), rows, folders)
    return paper


def bold(paper: Paper, metric: str = "AP") -> set[str]:
    lines = (*paper.published, *paper.ours)
    return {line.system for line in lines if metric in line.figures and line.figures[metric].bold}


def figures(ap: float, ar: float) -> dict[str, MetricValue]:
    values = (("AP", ap), ("AR", ar), ("median_error_px", 5.0))
    return {
        name: measured(value, "%", higher_is_better=name != "median_error_px")
        for name, value in values
    }


def test_published_systems_have_a_line_each_with_all_their_figures_best_first() -> None:
    paper = one(record(metrics=figures(74.3, 79.7)))
    assert [line.system for line in paper.published] == ["pose_hrnet_w48", "pose_hrnet_w32"]
    first = paper.published[0].figures
    assert (first["AP"].text, first["AR"].text) == ("76.3", "81.2")
    assert (paper.metrics, paper.sources) == (("AP", "AR"), (SOURCE,))
    assert [(line.system, line.figures["AP"].text) for line in paper.ours] == [
        ("coco-pose@w32-256x192", "74.3")
    ]


def test_the_best_figure_of_each_metric_is_bold() -> None:
    paper = one(record(metrics=figures(77.0, 80.0)))
    assert bold(paper) == {"coco-pose@w32-256x192"}
    assert bold(paper, "AR") == {"pose_hrnet_w48"}


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((76.0, 77.5), {"coco-pose@w32-256x192", "pose_hrnet_w48"}),
        ((76.4, 77.5), {"coco-pose@w32-256x192"}),
    ],
)
def test_a_lead_within_the_interval_is_no_lead(
    interval: tuple[float, float], expected: set[str]
) -> None:
    assert bold(one(record(metrics=with_interval(77.0, *interval)))) == expected


def test_what_the_interval_does_not_tell_from_the_best_is_bold_too() -> None:
    assert "coco-pose@w32-256x192" in bold(one(record(metrics=with_interval(75.9, 75.0, 76.8))))
    assert "coco-pose@w32-256x192" not in bold(one(record(metrics=with_interval(75.1, 74.0, 76.2))))


def test_another_protocol_has_a_footnote_and_is_never_the_best() -> None:
    easier = row(value="78.1", boxes="gt", padding="", system="of true boxes")
    paper = one(record(metrics=figures(74.3, 79.7)), rows=[*ROWS, easier])
    last = paper.published[-1]
    assert (last.system, last.letters) == ("of true boxes", ("a", "b"))
    assert paper.notes == (
        ("a", "other protocol: boxes gt"),
        ("b", "not known to agree: padding"),
    )
    assert bold(paper) == {"pose_hrnet_w48"}


def test_runs_of_ours_are_told_from_the_first_by_their_protocol() -> None:
    second = record(76.0, variant="w48", protocol=OFFICIAL | {"flip_test": False, "boxes": "gt"})
    paper = one(record(74.3), second)
    assert [line.letters for line in paper.ours] == [(), ("a",)]
    assert paper.notes == (("a", "other protocol: boxes gt, flip test false"),)


def test_seeds_are_one_line_with_their_deviation() -> None:
    paper = one(*(record(ap, seed=seed) for seed, ap in enumerate((74.0, 76.0))))
    assert paper.ours[0].figures["AP"].spread == "1.4"
    text = markdown([paper])
    assert "| 75.0 ± 1.4 |" in text
    assert "- ±: standard deviation over seeds." in text


def test_synthetic_and_partial_runs_stand_beside_nothing_and_say_so() -> None:
    paper = one(record(74.3, synthetic=True))
    assert (paper.published, paper.sources) == ((), ())
    assert paper.notes == (("a", "synthetic"),)
    assert paper.metrics == ("AP",)
    assert r"\caption{COCO keypoints, top-down, val2017, synthetic}" in latex([paper])


PART: dict[str, Any] = {"complete": False, "n": Counts(expected=300, evaluated=20)}
WHOLE: dict[str, Any] = {"n": Counts(expected=300, evaluated=300)}


def test_a_part_of_a_split_comes_last_with_its_n_and_is_never_bold() -> None:
    part = record(90.0, synthetic=True, variant="part", **PART)
    whole = [record(ap, synthetic=True, variant=f"v{ap:.0f}", **WHOLE) for ap in (70.0, 60.0)]
    paper = one(part, *whole)
    names = ["coco-pose@v70", "coco-pose@v60", "coco-pose@part"]
    assert [line.system for line in paper.ours] == names
    assert [line.facts["n"] for line in paper.ours] == ["300", "300", "20/300"]
    assert "n" in paper.facts
    assert bold(paper) == {"coco-pose@v70"}
    assert "n" not in one(*whole).facts


def test_synthetic_whole_and_partial_runs_have_tables_of_their_own() -> None:
    runs = [record(90.0, synthetic=True), record(74.3), record(80.0, **PART)]
    folders = {run.id: Path("no draws in it") for run in runs}
    made = papers(repeats(runs), ROWS, folders)
    title = "COCO keypoints, top-down, val2017"
    assert [paper.title for paper in made] == [f"{title}, synthetic", title, f"{title}, partial"]
    assert len({paper.name for paper in made}) == 3
    assert [bool(paper.published) for paper in made] == [False, True, False]


def test_a_task_of_ones_own_shows_all_that_is_no_median() -> None:
    paper = one(record(metrics=figures(50.0, 60.0), task="my-hands"), rows=[])
    assert (paper.title, paper.metrics) == ("my-hands, val2017", ("AP", "AR"))


def test_without_runs_what_is_published_is_shown() -> None:
    (paper,) = papers([], ROWS, {})
    assert (len(paper.published), paper.ours) == (2, ())
    assert bold(paper) == {"pose_hrnet_w48"}


def test_runs_of_one_variant_are_told_by_their_ids() -> None:
    runs = [record(74.0, seed=0), record(75.0, seed=0, protocol=OFFICIAL | {"nms": "none"})]
    assert [line.system for line in one(*runs).ours] == [
        f"coco-pose@w32-256x192 {run.id[:8]}" for run in runs
    ]


def test_markdown_has_units_directions_marks_and_sources() -> None:
    easier = row(value="78.1", boxes="gt", system="a|b*")
    ours = record(metrics=with_interval(74.4, 73.4, 75.5))
    lines = markdown([one(ours, rows=[*ROWS, easier])]).splitlines()
    header = [cell.strip() for cell in lines[2].split("|")[1:-1]]
    assert header == ["system", "input", "boxes", "AP (%) ↑", "source"]
    assert any(
        re.match(r"\| pose_hrnet_w48 +\| 256x192 +\| det +\| +\*\*76.3\*\* \| \[1\]", line)
        for line in lines
    )
    assert any(line.startswith(r"| a\|b\*<sup>a</sup> ") for line in lines)
    assert any("74.4 [73.4, 75.5] | ours" in line for line in lines)
    assert "- <sup>a</sup> other protocol: boxes gt" in lines
    assert f"- [1] {SOURCE}" in lines


def nodes(text: str) -> list[LatexNode]:
    """The nodes of a LaTeX document; what is not balanced is an error of the parser's."""
    return list(LatexWalker(text, tolerant_parsing=False).get_latex_nodes()[0])


def environments(within: list[LatexNode]) -> Iterator[str]:
    for node in within:
        if isinstance(node, LatexEnvironmentNode):
            yield node.environmentname
            yield from environments(node.nodelist)


STRANGE: dict[str, Any] = {"task": "50%_of #1 & {more}\\", "variant": "$x^2~"}


def test_latex_parses_with_a_table_environment_for_each_and_nothing_unescaped() -> None:
    paper = one(record(74.3, **STRANGE), rows=[])
    found = nodes(latex([paper, one(record(74.3))]))
    each = ["table", "threeparttable", "tabular", "tablenotes"]
    assert list(environments(found)) == each * 2
    system = r"50\%\_of \#1 \& \{more\}{\textbackslash}@\$x{\textasciicircum}2{\textasciitilde}"
    assert system in latex([paper])


def test_latex_has_booktabs_rules_and_as_many_cells_in_each_row_as_columns() -> None:
    easier = row(value="78.1", boxes="gt", system="[of true boxes]")
    text = latex([one(record(metrics=with_interval(77.0, 76.4, 77.6)), rows=[*ROWS, easier])])
    names = [n.macroname for n in _all(nodes(text)) if isinstance(n, LatexMacroNode)]
    assert [names.count(rule) for rule in ("toprule", "midrule", "bottomrule")] == [1, 2, 1]
    columns = re.search(r"\\begin{tabular}{(\w+)}", text)
    assert columns is not None
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) + 1 for line in body} == {len(columns[1])}
    assert r"\textbf{77.0} {\scriptsize [76.4, 77.6]}" in text
    assert r"{}[of true boxes]\tnote{a}" in text
    assert r"AP (\%) $\uparrow$" in text
    assert r"\item[a] other protocol: boxes gt" in text


def test_latex_of_all_published_rows_is_sound() -> None:
    from hrbench import catalog
    from hrbench.report.published import load

    every = papers([], load(catalog.published_results()), {})
    found = list(environments(nodes(latex(every))))
    assert found.count("tabular") == len(every) > 10


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_latex_compiles(tmp_path: Path) -> None:
    head = r"\documentclass{article}\usepackage{booktabs,threeparttable}\begin{document}"
    text = latex([one(record(74.3, **STRANGE), rows=[]), one(record(74.3))])
    (tmp_path / "a.tex").write_text(f"{head}\n{text}\n\\end{{document}}\n", "utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "a.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)


def _all(within: list[LatexNode]) -> Iterator[LatexNode]:
    for node in within:
        yield node
        if isinstance(node, LatexEnvironmentNode):
            yield from _all(node.nodelist)
