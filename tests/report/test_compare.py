from typing import Any

import pytest
from report.records import OFFICIAL, record, row, with_interval

from hrbench.report.compare import beside, differing, spelled, verdict
from hrbench.report.record import Counts, measured


def test_the_official_protocol_is_the_same_key_by_key() -> None:
    assert differing(record(), row()) == ()


@pytest.mark.parametrize(
    ("ours", "published", "words"),
    [
        ({"boxes": "gt"}, {}, "boxes gt (published: det)"),
        ({"extra_data": ["aic"]}, {}, "extra_data aic (published: none)"),
        ({}, {"flip_shift": "0"}, "flip_shift 1 (published: 0)"),
        ({}, {"decoder": ""}, "decoder quarter (published: not stated)"),
        ({"crop": "wide"}, {}, "crop wide (published: not stated)"),
        ({}, {"scales": "multi"}, "scales not recorded (published: multi)"),
    ],
)
def test_a_key_that_differs_or_is_open_is_named(
    ours: dict[str, object], published: dict[str, str], words: str
) -> None:
    found = differing(record(protocol=OFFICIAL | ours), row(**published))
    assert list(map(str, found)) == [words]


def test_a_protocol_value_is_spelled_as_published() -> None:
    assert [spelled(v) for v in (True, 0.9, [], ["b", "a"], None, {"k": 1})] == [
        *("true", "0.9", "none", "a+b", "", "k 1"),
    ]


@pytest.mark.parametrize(
    "unfit",
    [
        {"synthetic": True},
        {"complete": False, "n": Counts(expected=5000, evaluated=20)},
        {"metrics": {"AP": measured(float("nan"), "%", higher_is_better=True)}},
        {"spec": {"model": {"backbone": "hrnet-w48", "input": [256, 192]}}},
        {"spec": {"model": {"backbone": "hrnet-w32", "input": [192, 256]}}},
        {"spec": {}},
        {"task": "crowdpose"},
    ],
)
def test_a_record_that_papers_do_not_measure_stands_beside_nothing(
    unfit: dict[str, Any],
) -> None:
    assert beside(record(), [row()]) is not None
    assert beside(record(**unfit), [row()]) is None


def test_the_row_with_the_nearest_protocol_is_chosen() -> None:
    det, silent, gt = row(), row(boxes="gt", decoder=""), row(boxes="gt", value="76.5")
    ours = record(protocol=OFFICIAL | {"boxes": "gt"})
    for rows, expected in (([det, silent], silent), ([det, silent, gt], gt)):
        found = beside(ours, rows)
        assert found is not None
        assert found.row is expected


def test_a_row_with_something_added_to_the_network_is_passed_over() -> None:
    assert beside(record(), [row(addition="quality head")]) is None


def test_the_same_protocol_is_said_with_the_difference() -> None:
    ours = record(ap=74.3)
    found = beside(ours, [row()])
    assert found is not None
    assert verdict(ours, found) == (
        f"coco-pose@w32-256x192 {ours.id[:8]}: AP 74.3 % beside 74.4 of pose_hrnet_w32 "
        "(Official HRNet pose repository, 2019): -0.1; same protocol."
    )


def test_another_protocol_is_never_called_the_same() -> None:
    ours = record(ap=76.5, protocol=OFFICIAL | {"boxes": "gt"}, modified=True)
    found = beside(ours, [row(padding="", scales="multi")])
    assert found is not None
    assert verdict(ours, found).endswith(
        "+2.1; differs in boxes gt (published: det); not stated: padding; not recorded: scales; "
        "our recipe or protocol is modified."
    )


def test_the_interval_of_the_difference_is_ours_less_their_value() -> None:
    ours = record(metrics=with_interval(74.4, 73.4, 75.5))
    found = beside(ours, [row()])
    assert found is not None
    assert (found.gap, found.low, found.high) == pytest.approx((0.0, -1.0, 1.1))
    assert "0.0 (95 %: -1.0 to +1.1); same protocol" in verdict(ours, found)
