from pathlib import Path

import pytest
from report.records import row

from hrbench.report import published
from hrbench.report.definitions import define

FILE = Path(__file__).resolve().parents[2] / "results" / "published.csv"
ROWS = published.load(FILE)
VALUES = {
    "flip_test": {"", "true", "false"},
    "boxes": {"", "gt", "det", "other", "none"},
    "scales": {"", "single", "multi"},
    "pixels": {"", "official"},
    "normaliser": {"", "inter-ocular", "box-size"},
    "nms": {"", "oks"},
    "lifter": {"", "linear", "temporal", "other"},
    "average": {"", "actions", "frames"},
    "root": {"", "target"},
    "joints": {"", "17"},
    "interpolation": {"", "bilinear", "bicubic"},
    "tta": {"", "none"},
    "official": {"true", "false"},
    "checked": {"read", "transcribed", "target"},
    "mission_confidence": {"", "certain", "likely", "not found"},
}
NUMBERS = (
    *("input_height", "input_width", "box_threshold", "padding", "flip_shift"),
    *("keypoint_threshold", "nms_threshold", "mission", "source_year", "frames", "crop_share"),
    *("frame_step", "joints"),
)
# One result of one source is told apart by all that is not its value or its place.
OUTCOME = {"value", "source_url", "source_locator", "checked", "mission", "mission_confidence"}


def test_every_row_is_in_the_known_words() -> None:
    assert {published.fault(r) for r in ROWS} == {""}
    assert tuple(ROWS[0]) == published.COLUMNS
    for column, allowed in VALUES.items():
        assert {r[column] for r in ROWS} <= allowed


def test_every_number_can_be_read() -> None:
    for r in ROWS:
        assert [float(r[column]) for column in NUMBERS if r[column]]


def test_no_row_is_there_twice() -> None:
    keys = [tuple(r[c] for c in published.COLUMNS if c not in OUTCOME) for r in ROWS]
    assert len(set(keys)) == len(keys)


def test_every_row_but_the_goals_names_its_source() -> None:
    silent = [r for r in ROWS if not (r["source_title"] and r["source_locator"])]
    without_url = {r["mission"] for r in ROWS if not r["source_url"]}
    assert silent == []
    assert without_url == {"3", "5", "9"}


def test_the_ten_goals_are_each_marked_once() -> None:
    goals = {int(r["mission"]): r["value"] for r in ROWS if r["mission"]}
    assert goals == {
        1: "79.5",
        2: "79.3",
        3: "53.2",
        4: "77.0",
        5: "77.4",
        6: "78.1",
        7: "96.9",
        8: "77.0",
        9: "72.8",
        10: "3.34",
    }
    assert sum(bool(r["mission"]) for r in ROWS) == 10


def test_only_face_errors_have_a_normaliser_and_pixels() -> None:
    stated = {r["task"] for r in ROWS if r["pixels"] or r["normaliser"]}
    assert stated == {"300w", "wflw", "cofw", "aflw"}
    official = [r for r in ROWS if r["source_title"] == "Official HRNet facial landmark repository"]
    assert {(r["task"], r["pixels"], r["normaliser"]) for r in official} == {
        *((task, "official", "inter-ocular") for task in ("300w", "wflw", "cofw")),
        ("aflw", "official", "box-size"),
    }
    assert {r["normaliser"] for r in ROWS if "NME_diag" in r["protocol_note"]} == {""}


def test_a_task_that_nobody_published_has_no_best_row_and_no_selection() -> None:
    assert published.best(ROWS, "my-hands", "val") is None
    assert published.selection([row(task="my-hands")]) == []


@pytest.mark.parametrize(
    ("backbone", "size", "ap"),
    [
        *(("hrnet-w32", "256", "74.4"), ("hrnet-w32", "384", "75.8")),
        *(("hrnet-w48", "256", "75.1"), ("hrnet-w48", "384", "76.3")),
    ],
)
def test_the_official_val2017_table_is_there(backbone: str, size: str, ap: str) -> None:
    printed = [
        r["value"]
        for r in ROWS
        if (r["source_title"], r["split"]) == ("Official HRNet pose repository", "val2017")
        and (r["backbone"], r["input_height"], r["metric"]) == (backbone, size, "AP")
    ]
    assert printed == [ap]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"task": "coco"}, "no task is called 'coco'"),
        ({"dataset": "COCO"}, "'coco-pose' is not measured on 'COCO'"),
        ({"split": "val"}, "'coco' has no split 'val'"),
        ({"split": "val2017-or-test-dev2017"}, ""),  # a leaderboard that mixes them
        ({"split": "val2017-or-test"}, "'coco' has no split 'val2017-or-test'"),
        ({"metric": "mAP"}, "no metric is called 'mAP'"),
        ({"unit": "percent"}, "'AP' is not in 'percent', or not better in that direction"),
        ({"higher_is_better": "false"}, "'AP' is not in '%', or not better in that direction"),
        ({"value": "74.4*"}, "'74.4*' is not a number"),
        ({"value": "nan"}, "'nan' is not a number"),
        ({}, ""),
    ],
)
def test_other_words_are_refused(changed: dict[str, str], message: str) -> None:
    assert published.fault(row(**changed)) == message


def test_a_selection_is_the_official_hrnets_and_the_goals() -> None:
    mine = [
        row(),
        row(official="false", system="rerun"),
        row(metric="AR"),
        row(addition="grid mask"),
        row(boxes="none"),
        row(backbone="resnet-50"),
        row(metric="AR", source_title="Another", mission="9"),
    ]
    assert published.selection(mine) == [mine[0], mine[6]]


def test_without_an_official_row_any_source_is_selected() -> None:
    mine = [row(source_title="Another"), row(addition="grid mask")]
    assert published.selection(mine) == mine[:1]


def test_a_metric_of_one_keypoint_says_so() -> None:
    shoulder = define("PCKh@0.5:shoulder")
    assert shoulder is not None
    assert shoulder.meaning == "keypoints nearer than 0.5 head sizes, shoulder only"
    assert define("PCKh@half") is None
