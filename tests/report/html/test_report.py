"""What the HTML report says, read as a browser's parser reads it."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report.html.folders import CURVE, HOSTILE, found, left
from report.records import OFFICIAL, row, with_interval

from hrbench import catalog
from hrbench.errors import RunError, UnknownNameError
from hrbench.report import published
from hrbench.report.detail import groups
from hrbench.report.html.report import report

LARGEST = 5_000_000  # bytes, of twenty runs with pictures


class Read(HTMLParser):
    """The words of each page by its id, and the tags of the whole file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pages: dict[str, str] = {}
        self.tags: list[str] = []
        self.titles: list[str] = []
        self._page = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        said = dict(attrs)
        self.titles += [title] if (title := said.get("title")) else []
        if said.get("class") == "page":
            self._page = str(said["id"])
            self.pages[self._page] = ""

    def handle_data(self, data: str) -> None:
        if self._page:
            self.pages[self._page] += f"{data} "

    def words(self, page: str) -> str:
        return " ".join(self.pages[page].split())


def of(tmp_path: Path, *runs: dict[str, Any], rows: Any = (), **asked: Any) -> Read:
    """Read the report of runs that have these facts."""
    made = [(tmp_path / f"run{n}", left(tmp_path / f"run{n}", **run)) for n, run in enumerate(runs)]
    return Read(report(found(*made), rows, **asked))


def page_of(read: Read, number: int = 0) -> str:
    return [page for page in read.pages if page.startswith("run-")][number]


def test_there_is_a_page_for_all_for_each_task_and_for_each_run(tmp_path: Path) -> None:
    read = of(tmp_path, {}, {"seed": 1, "ap": 75.0}, {"task": "mpii-pose"})
    kinds = [page.partition("-")[0] for page in read.pages]
    assert kinds == ["overview", "task", "task", "run", "run", "run"]
    assert "74.3 %" in read.words("overview")
    assert "75.0 %" in read.words("overview")


def test_ours_stand_beside_published_rows_best_first_with_what_differs(tmp_path: Path) -> None:
    ours = {"ap": 74.3, "protocol": OFFICIAL | {"boxes": "gt"}}
    better = row(value="76.0", system="theirs") | {"backbone": "hrnet-w32"}
    read = of(tmp_path, ours, rows=[row(value="70.0", system="older"), better])
    words = read.words("task-coco-pose")
    places = [words.index(name) for name in ("theirs", "w32-256x192", "older")]
    assert places == sorted(places)
    assert "differs: boxes" in words
    assert "differs: boxes gt (theirs: det)" in words  # behind the mark
    assert any("boxes gt (theirs: det)" in title for title in read.titles)


def test_a_run_under_the_same_protocol_is_marked_so(tmp_path: Path) -> None:
    read = of(tmp_path, {}, rows=[row()])
    assert "differs" not in read.words("task-coco-pose")
    assert "beside 74.4 of pose_hrnet_w32" in read.words("task-coco-pose")
    assert "-0.1" in read.words(page_of(read))


def test_synthetic_runs_stand_apart_from_what_is_published(tmp_path: Path) -> None:
    read = of(tmp_path, {"synthetic": True}, rows=[row()])
    words = read.words("task-coco-pose")
    assert "Leaderboard" not in words
    assert words.index("Comparable with nothing published") < words.index("pose_hrnet_w32")


def test_intervals_are_written_and_drawn(tmp_path: Path) -> None:
    metrics = with_interval(74.3, 73.6, 75.0)
    read = of(tmp_path, {"metrics": metrics}, rows=[row()])
    assert "73.6-75.0" in read.words("task-coco-pose")
    assert "95 %: 73.6-75.0" in read.words(page_of(read))


def test_runs_that_differ_in_their_seed_are_one_row_that_leads_to_each(tmp_path: Path) -> None:
    runs = [{"ap": 74.0 + seed, "seed": seed} for seed in (0, 2)]
    words = of(tmp_path, *runs).words("task-coco-pose")
    assert "75.0 ± 1.4" in words
    assert "seed 0: 74.0 %" in words
    assert "seed 2: 76.0 %" in words
    apart = of(tmp_path / "apart", *runs, each=True).words("task-coco-pose")
    assert "±" not in apart


def test_a_run_has_its_curves_groups_cases_source_and_command(tmp_path: Path) -> None:
    groups = {"keypoint": {"nose": {"AP": 41.26, "labelled": 3}}, "curve": CURVE}
    protocol = OFFICIAL | {"metric": "oks"}
    read = of(tmp_path, {"groups": groups, "protocol": protocol, "pictures": 2})
    words = read.words(page_of(read))
    for title in ("Loss", "Validation", "Precision (%)", "By keypoint", "Worst and median cases"):
        assert title in words
    assert "nose 41.3" in words
    assert "Worst: OKS 0.50. Annotation 1, image 101 (a.jpg)." in words
    assert "coco val2017" in words
    assert f"hrbench run {tmp_path / 'run0'}" in words
    assert read.tags.count("img") == 2


def test_a_run_whose_scores_were_looked_at_has_their_curve(tmp_path: Path) -> None:
    bins = {"pose 1": {"above": 40, "to": 50, "answers": 3, "score": 45.0, "right": 60.0}}
    read = of(tmp_path, {"groups": {"reliability": bins}}, {"groups": {}})
    told = ["Scores as probabilities" in read.words(page_of(read, n)) for n in (0, 1)]
    assert sorted(told) == [False, True]


def test_the_command_has_what_was_asked_and_leaves_out_what_is_usual(tmp_path: Path) -> None:
    made = left(tmp_path / "a")
    options = {
        "data": "/my data",
        "weights": None,
        "tta": False,
        "allow_partial": True,
        "overrides": ["recipe.lr=1e-3", "protocol.nms=none"],
        "limit": 5,
        "seed": 3,
        "device": "auto",
        "out": "elsewhere",
    }
    (tmp_path / "a" / "run.json").write_text(
        json.dumps({"id": made.id, "options": options}), "utf-8"
    )
    words = Read(report(found((tmp_path / "a", made)), ())).words(f"run-{made.id[:12]}")
    assert (
        "hrbench run coco-pose@w32-256x192 --data '/my data' --no-tta --allow-partial "
        "--set recipe.lr=1e-3 --set protocol.nms=none --limit 5 --seed 3 Copy hrbench run "
    ) in words


def test_intervals_of_a_group_stand_below_its_figures(tmp_path: Path) -> None:
    groups = {"size": {"medium": {"AP": 41.26}, "large": {"AP": 60.0}}}
    intervals = {"size/medium/AP": (39.04, 43.5)}
    read = of(tmp_path, {"groups": groups, "group_intervals": intervals})
    assert "medium 41.3 39.0-43.5" in read.words(page_of(read))


def test_the_one_number_of_a_row_is_the_headline_where_it_has_an_interval(tmp_path: Path) -> None:
    groups = {"class": {"ant": 41.26, "bee": 60.0}, "objects": {"measured": 25}}
    read = of(tmp_path, {"groups": groups, "group_intervals": {"class/ant": (39.04, 43.5)}})
    words = read.words(page_of(read))
    assert "class AP, %" in words
    assert "ant 41.3 39.0-43.5" in words
    assert "measured 25" in words


def test_a_figure_and_its_interval_have_the_digits_that_the_text_has(tmp_path: Path) -> None:
    nose = {"OKS": 0.295, "swapped": 15.23, "good": 61.0}
    intervals = {"keypoint/nose/OKS": (0.2614, 0.34), "keypoint/nose/swapped": (11.98, 18.0)}
    read = of(tmp_path, {"groups": {"keypoint": {"nose": nose}}, "group_intervals": intervals})
    assert "nose 0.295 0.261-0.340 15.2 12.0-18.0 61" in read.words(page_of(read))
    (table,) = groups({"keypoint": {"nose": nose}}, "runs/a")
    assert table.rows == (("nose", "0.295", "15.2", "61"),)


def test_bars_begin_at_0_at_the_lowest(tmp_path: Path) -> None:
    rows = {"a": {"AP": 0.1}, "b": {"AP": 9.4}}
    read = of(tmp_path, {"groups": {"size": rows}})
    assert "AP with its 95 % interval, from 0.0 to 9.8" in read.words(page_of(read))


def test_the_numbers_of_a_column_have_the_same_decimals(tmp_path: Path) -> None:
    rows = {"a": {"whole": 3.0, "share": 41.26, "OKS": 0.5}, "b": {"whole": 12.0, "share": 0.03}}
    words = of(tmp_path, {"groups": {"part": rows}})
    assert "a 3 41.3 0.500 b 12 0.0" in words.words(page_of(words))


def test_kinds_of_error_are_parts_of_one_bar_in_each_row(tmp_path: Path) -> None:
    shares = {"good": 50.0, "jitter": 25.0, "inversion": 0.0, "swap": 5.0, "miss": 20.0}
    nobody = dict.fromkeys(shares)
    made = left(tmp_path / "a", groups={"keypoint_error": {"nose": shares, "ear": nobody}})
    text = report(found((tmp_path / "a", made)), ())
    parts = re.findall(r'<rect class="part-(\d)" x="([\d.]+)" width="([\d.]+)"', text)
    nose, ear = parts[:5], parts[5:]
    assert [float(x) for _, x, _ in nose] == [0, 130, 195, 195, 208]
    assert [float(width) for _, _, width in nose] == [130, 65, 0, 13, 52]
    assert {float(width) for _, _, width in ear} == {0}


def test_bins_of_scores_are_folded_below_what_is_not_drawn(tmp_path: Path) -> None:
    bins = {f"box {n}": {"score": 10.0 * n, "right": 9.0 * n} for n in (1, 2)}
    read = of(tmp_path, {"groups": {"reliability": bins, "size": {"large": {"AP": 3.0}}}})
    words = read.words(page_of(read))
    places = [words.index(w) for w in ("Where it fails", "By size", "in bins", "By reliability")]
    assert places == sorted(places)


def test_a_long_group_says_how_much_is_left_out(tmp_path: Path) -> None:
    groups = {"class": {f"c{n}": {"top-1": 50.0} for n in range(1000)}}
    read = of(tmp_path, {"groups": groups})
    assert "880 more: hrbench report RUN --format json" in read.words(page_of(read))


@pytest.mark.parametrize(
    "facts",
    [
        {"task": HOSTILE},
        {"variant": HOSTILE},
        {"groups": {"keypoint": {HOSTILE: {"AP": 1.0}, "b": {"AP": 2.0}}}},
        {"groups": {HOSTILE: {"a": {HOSTILE: "x"}}}},
        {"notes": (HOSTILE,)},
        {"protocol": OFFICIAL | {"boxes": HOSTILE}},
        {"hardware": {"cpu": HOSTILE}},
    ],
)
def test_names_out_of_files_are_words_and_nothing_else(
    facts: dict[str, Any], tmp_path: Path
) -> None:
    read = of(tmp_path, facts)
    assert read.tags.count("script") == 1
    assert HOSTILE in " ".join(map(read.words, read.pages))


def test_a_published_name_is_words_and_nothing_else(tmp_path: Path) -> None:
    read = of(tmp_path, {}, rows=[row(system=HOSTILE, source_title=HOSTILE)])
    assert read.tags.count("script") == 1
    assert HOSTILE in read.words("task-coco-pose")


def test_one_task_is_kept_where_one_is_asked_for(tmp_path: Path) -> None:
    read = of(tmp_path, {}, {"task": "mpii-pose"}, task="mpii-pose")
    assert [page for page in read.pages if page.startswith("task-")] == ["task-mpii-pose"]
    with pytest.raises(UnknownNameError, match="no task is called 'mpii'"):
        report(found(), (), task="mpii")


def test_without_runs_every_task_has_what_is_published_of_it() -> None:
    read = Read(report(found(), [row(), row(task="mpii-pose", system="theirs")]))
    assert list(read.pages) == ["overview", "task-coco-pose", "task-mpii-pose"]
    assert "There is no run yet" in read.words("overview")
    assert "pose_hrnet_w32" in read.words("task-coco-pose")
    assert "All 1 published rows" in read.words("task-mpii-pose")
    assert "table" not in Read(report(found(), ())).tags


def test_a_run_of_a_part_says_of_how_many_on_every_page(tmp_path: Path) -> None:
    n = {"evaluated": 20, "expected": 300}
    read = of(tmp_path, {"complete": False, "n": n})
    assert "20/300" in read.words("overview")
    assert "20/300" in read.words("task-coco-pose")


def test_where_boxes_come_from_is_called_as_in_the_text(tmp_path: Path) -> None:
    words = of(tmp_path, {}).words("task-coco-pose")
    assert "seed boxes from" in words


def test_a_task_without_runs_has_what_is_published_of_it() -> None:
    read = Read(report(found(), [row()], task="coco-pose"))
    assert "pose_hrnet_w32" in read.words("task-coco-pose")
    assert "There is no run yet" in read.words("overview")


def test_what_is_damaged_or_unfinished_is_said(tmp_path: Path) -> None:
    run = tmp_path / "coco-pose" / "a"
    made = left(run)
    unfinished = tmp_path / "coco-pose" / "b"
    both = found((run, made), unfinished=(unfinished,), damaged=("c: is damaged",))
    read = Read(report(both, ()))
    assert "c: is damaged left out: 1 of 2 records, which are damaged" in read.words("overview")
    assert f"hrbench run --resume {unfinished}" in read.words("task-coco-pose")


def test_tasks_whose_names_are_alike_have_pages_of_their_own(tmp_path: Path) -> None:
    read = of(tmp_path, {"task": "a b"}, {"task": "a-b"})
    assert {"task-a-b", "task-a-b-1"} <= read.pages.keys()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("step,epoch\n1,1\n", "log.csv: is not a training's log"),
        ("step,epoch,loss,metric,value\n1,1,much,,\n", "log.csv: is not a training's log"),
    ],
)
def test_a_log_that_is_none_is_named(content: str, fault: str, tmp_path: Path) -> None:
    made = left(tmp_path / "a")
    (tmp_path / "a" / "log.csv").write_text(content, "utf-8")
    with pytest.raises(RunError, match=fault):
        report(found((tmp_path / "a", made)), ())


def test_a_run_that_was_given_its_weights_has_no_curve_of_training(tmp_path: Path) -> None:
    made = left(tmp_path / "a")
    (tmp_path / "a" / "log.csv").unlink()
    read = Read(report(found((tmp_path / "a", made)), ()))
    assert "Loss" not in read.words(page_of(read))


def test_a_picture_that_is_none_is_named(tmp_path: Path) -> None:
    made = left(tmp_path / "a", pictures=1)
    (tmp_path / "a" / "cases" / "worst-0.jpg").write_bytes(b"no picture")
    with pytest.raises(RunError, match=r"worst-0.jpg: is no picture"):
        report(found((tmp_path / "a", made)), ())


@pytest.mark.slow
def test_twenty_runs_with_pictures_that_are_hard_to_store_stay_small(tmp_path: Path) -> None:
    groups = {
        "keypoint": {f"k{n}": {"AP": float(n), "median_error_px": 3.0} for n in range(98)},
        "curve": {
            "recall": list(map(float, range(101))),
            **{f"c{n}": [50.0] * 101 for n in range(7)},
        },
    }
    runs = []
    for seed in range(20):
        started = datetime(2026, 1, 1 + seed, tzinfo=UTC)
        folder = tmp_path / f"run{seed}"
        facts = {"seed": seed, "groups": groups, "protocol": OFFICIAL | {"metric": "oks"}}
        runs.append((folder, left(folder, pictures=9, epochs=400, started=started, **facts)))
    text = report(found(*runs), published.load(catalog.published_results()))
    assert text.count('src="data:image/jpeg;base64,') == 180
    assert len(text.encode()) < LARGEST
