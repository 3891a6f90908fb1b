"""Published checkpoints: what is known of them, and a run's figure beside theirs."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli.command import called
from report.records import OFFICIAL, record

from hrbench import catalog
from hrbench.report import checkpoints
from hrbench.report.record import RunRecord, Weights, measured

ROWS = checkpoints.read(catalog.published_weights())
MMPOSE = next(r for r in ROWS if r["sha256_prefix"] == "81c58e40")  # coco-pose, w32, AP 74.9
HASH = "81c58e40" + "0" * 56


def of_weights(ap: float, sha256: str = HASH, **replaced: Any) -> RunRecord:
    weights = Weights(origin="a.pth", sha256=sha256, seen_datasets=(), init="unknown")
    return record(ap, weights=weights, **replaced)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['file']}-{row['split']}")
def test_every_row_is_right(row: dict[str, str]) -> None:
    assert tuple(row) == checkpoints.COLUMNS
    assert checkpoints.fault(row) == ""
    if row["variant"]:
        assert row["variant"] in catalog.variants(row["task"])


def test_a_file_and_split_stand_once() -> None:
    keys = [(r["task"], r["system"], r["file"], r["variant"], r["split"]) for r in ROWS]
    assert len(set(keys)) == len(keys)


def test_a_hash_is_the_one_in_its_file_s_name_or_whole() -> None:
    for row in ROWS:
        prefix = row["sha256_prefix"]
        assert not prefix or prefix in row["file"] or len(prefix) == 64


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"task": "coco"}, "no task is called 'coco'"),
        ({"file": "", "url": ""}, "neither a file's name nor an address"),
        ({"file": "a/b.pth"}, "'a/b.pth' is no file's name"),
        ({"sha256_prefix": "81c5"}, "'81c5' is not the beginning of a SHA-256"),
        ({"value": ""}, "metric, split, value and unit go together"),
        ({"split": "train"}, "no split train"),
        ({"unit": "mm"}, "'mm' is not its unit"),
        ({"source_url": ""}, "the address of its source is missing"),
    ],
)
def test_a_wrong_row_is_said(changed: dict[str, str], words: str) -> None:
    assert checkpoints.fault(MMPOSE | changed) == words


def test_a_file_is_named_by_the_beginning_of_its_hash() -> None:
    assert checkpoints.named(ROWS, HASH) == [MMPOSE]
    assert checkpoints.named(ROWS, "82c58e40" + "0" * 56) == []
    assert checkpoints.named(ROWS, None) == []
    assert checkpoints.named([MMPOSE | {"sha256_prefix": ""}], HASH) == []


@pytest.mark.parametrize(
    ("ap", "agrees"), [(74.9, True), (74.8, True), (75.0, True), (74.79, False), (75.2, False)]
)
def test_a_figure_agrees_within_one_unit_of_its_last_digit(ap: float, agrees: bool) -> None:
    (comparison,) = checkpoints.compared([of_weights(ap)], ROWS)
    assert not comparison.reason
    assert comparison.agrees is agrees


@pytest.mark.parametrize(
    ("unfit", "reason"),
    [
        ({"synthetic": True}, "the data are synthetic"),
        ({"complete": False}, "5000 of 5000 samples"),
        ({"modified": True}, "the recipe or protocol is modified"),
        ({"variant": "w32-384x288"}, "measured as w32-384x288"),
        ({"protocol": OFFICIAL | {"boxes": "gt"}}, "boxes gt, not det"),
        ({"task": "mpii-pose"}, "it is of coco-pose"),
        ({"metrics": {"AR": measured(80.0, "%", higher_is_better=True)}}, "it has no AP"),
    ],
)
def test_a_run_by_other_rules_is_not_compared(unfit: dict[str, Any], reason: str) -> None:
    (comparison,) = checkpoints.compared([of_weights(10.0, **unfit)], ROWS)
    assert comparison.reason == reason


@pytest.mark.parametrize(("ap", "status", "word"), [(74.9, 0, "agrees"), (70.0, 1, "differs")])
def test_report_check_fails_where_a_figure_differs(
    ap: float, status: int, word: str, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    of_weights(ap).write(folder)
    ended = called(tmp_path, "report", "run", "--check")
    assert (ended.status, word in ended.out) == (status, True), ended
    content = json.loads(called(tmp_path, "report", "run", "--check", "--json").out)
    assert content[0]["agrees"] is (status == 0)


def test_report_check_without_such_a_run_says_so(tmp_path: Path) -> None:
    ended = called(tmp_path, "report", "--check")
    assert ended.status == 0
    assert "No run here is of weights that results/weights.csv names" in ended.out


def test_list_weights_has_every_row(tmp_path: Path) -> None:
    ended = called(tmp_path, "list", "weights", "--json")
    assert len(json.loads(ended.out)) == len(ROWS)
    assert "pose_hrnet_w32_256x192.pth" in called(tmp_path, "list", "weights").out


def test_a_record_names_a_published_file_only_where_it_has_one() -> None:
    assert "published" not in record().content()["weights"]
    known = Weights(origin="a", sha256=HASH, seen_datasets=(), init="unknown", published="b.pth")
    assert record(weights=known).content()["weights"]["published"] == "b.pth"
