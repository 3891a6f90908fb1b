from typing import Any

import pytest
from report.records import OFFICIAL, of_task, record, row

from hrbench.report.protocols import (
    Agreement,
    against_task,
    between,
    scales_word,
    spelled,
    told,
    with_row,
)
from hrbench.report.record import Execution


def agreement(ours: dict[str, Any], published: dict[str, str]) -> Agreement:
    return with_row(told(record(protocol=OFFICIAL | ours)), row(**published))


def test_the_official_protocol_is_the_same_key_by_key() -> None:
    assert agreement({}, {}).mark == "same"
    assert agreement({}, {}).is_same


@pytest.mark.parametrize(
    ("ours", "published", "mark", "words"),
    [
        ({"boxes": "gt"}, {}, "differs: boxes", "differs: boxes gt (theirs: det)"),
        (
            {"extra_data": ["aic"]},
            {},
            "differs: extra data",
            "differs: extra data aic (theirs: none)",
        ),
        ({}, {"flip_shift": "0"}, "differs: flip shift", "differs: flip shift 1 (theirs: 0)"),
        ({}, {"decoder": ""}, "unknown: decoder", "unknown: decoder (not stated)"),
        ({"crop": "wide"}, {}, "unknown: crop", "unknown: crop (not stated)"),
        ({}, {"pixels": "official"}, "unknown: pixels", "unknown: pixels (not recorded)"),
        ({}, {"scales": "multi"}, "differs: scales", "differs: scales single (theirs: multi)"),
        (
            {"scales": [1.0]},
            {"scales": "multi"},
            "differs: scales",
            "differs: scales single (theirs: multi)",
        ),
        ({"scales": [0.9, 1.0]}, {}, "unknown: scales", "unknown: scales (not stated)"),
        (
            {"boxes": "gt", "flip_test": False},
            {"padding": "", "pixels": "official"},
            "differs: boxes, flip test; unknown: padding, pixels",
            (
                "differs: boxes gt (theirs: det), flip test false (theirs: true); "
                "unknown: padding (not stated), pixels (not recorded)"
            ),
        ),
    ],
)
def test_a_key_that_differs_or_is_unknown_is_named(
    ours: dict[str, Any], published: dict[str, str], mark: str, words: str
) -> None:
    found = agreement(ours, published)
    assert (found.mark, found.words) == (mark, words)
    assert not found.is_same


@pytest.mark.parametrize(
    ("ours", "published"),
    [
        ({"flip_test": False, "flip_shift": 0}, {"flip_test": "false", "flip_shift": ""}),
        ({"boxes": "gt", "box_threshold": 0.1}, {"boxes": "gt", "box_threshold": ""}),
        ({"nms": "none", "nms_threshold": 0.5}, {"nms": "none"}),
    ],
)
def test_a_key_that_changes_nothing_beside_another_is_not_compared(
    ours: dict[str, Any], published: dict[str, str]
) -> None:
    assert agreement(ours, published).mark == "same"


def test_the_content_is_what_the_mark_says() -> None:
    assert agreement({"boxes": "gt"}, {"padding": ""}).content() == {
        "mark": "differs: boxes; unknown: padding",
        "differs": [{"key": "boxes", "ours": "gt", "theirs": "det"}],
        "unknown": ["padding"],
    }


def test_two_records_differ_in_the_version_of_their_task_too() -> None:
    ours = record(task_version=2)
    assert between(ours, ours).mark == "same"
    assert between(ours, record()).words == "differs: task version 2 (theirs: 1)"
    lacking = {key: value for key, value in OFFICIAL.items() if key != "padding"}
    assert between(record(protocol=lacking), record()).mark == "unknown: padding"
    split = between(record(protocol=OFFICIAL | {"split": "test-dev2017"}), record())
    assert split.mark == "differs: split"


def test_fp32_of_a_card_was_not_full_before_records_told_it() -> None:
    card = {"device": "cuda:0"}
    older, newer = record(hardware=card), record(hardware=card, execution=Execution())
    words = "differs: precision fp32 with TF32 in convolutions (theirs: fp32)"
    assert between(older, newer).words == between(older, record()).words == words
    assert between(newer, record()).mark == between(older, older).mark == "same"
    half = OFFICIAL | {"precision": "bf16"}
    assert between(record(hardware=card, protocol=half), record(protocol=half)).mark == "same"


def test_a_record_without_scales_has_one_as_another_that_names_it() -> None:
    assert between(record(protocol=OFFICIAL | {"scales": [1.0]}), record()).mark == "same"
    several = between(record(protocol=OFFICIAL | {"scales": [0.9, 1.0]}), record())
    assert several.mark == "differs: scales"


def test_a_protocol_value_is_spelled_as_published() -> None:
    assert [spelled(v) for v in (True, 0.9, [], ["b", "a"], None, {"k": 1})] == [
        *("true", "0.9", "none", "a+b", "", "k 1"),
    ]


def test_several_scales_are_called_multi_and_one_or_none_single() -> None:
    assert [scales_word(s) for s in ([0.8, 1.0], [1.0], [], None)] == [
        *("multi", "single", "single", "single"),
    ]
    assert agreement({}, {"scales": "single"}).is_same


def test_a_single_scale_of_mpii_is_not_known_to_agree_with_silence() -> None:
    found = with_row(told(record(task="mpii-pose")), row(task="mpii-pose"))
    assert found.words == "unknown: scales (not stated)"


def test_a_published_row_is_marked_beside_its_task() -> None:
    assert against_task(row()).mark == "same"
    assert against_task(row(boxes="gt", flip_test="")).mark == "differs: boxes; unknown: flip test"


def test_a_lifter_is_no_key_of_the_protocol_of_its_task_but_its_frames_are() -> None:
    own = told(of_task("h36m-lift", {"MPJPE": 50.0}))
    printed = dict.fromkeys(row(), "") | own | {"task": "h36m-lift"}
    assert against_task(printed).mark == "same"
    assert against_task(printed | {"lifter": "linear", "frames": "1"}).mark == "differs: frames"
