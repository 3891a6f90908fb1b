from typing import Any

import pytest
from report.records import OFFICIAL, of_task, record, row, with_interval

from hrbench import catalog
from hrbench.report import published
from hrbench.report.beside import beside, compared, verdict
from hrbench.report.record import Counts, measured

ROWS = published.load(catalog.published_results())


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
        near = beside(ours, rows)
        assert near is not None
        assert near.row is expected


def test_a_row_with_something_added_to_the_network_is_passed_over() -> None:
    assert beside(record(), [row(addition="quality head")]) is None


def test_the_same_protocol_is_said_with_the_difference() -> None:
    ours = record(ap=74.3)
    near = beside(ours, [row()])
    assert near is not None
    assert verdict(ours, near) == (
        f"coco-pose@w32-256x192 {ours.id[:8]}: AP 74.3 % beside 74.4 of pose_hrnet_w32 "
        "(Official HRNet pose repository, 2019): -0.1; protocol same."
    )


def test_another_protocol_is_never_called_the_same() -> None:
    ours = record(ap=76.5, protocol=OFFICIAL | {"boxes": "gt"}, modified=True)
    near = beside(ours, [row(padding="", pixels="official")])
    assert near is not None
    assert verdict(ours, near).endswith(
        "+2.1; protocol differs: boxes gt (theirs: det); unknown: padding (not stated), "
        "pixels (not recorded); our recipe or protocol is modified."
    )


def test_the_interval_of_the_difference_is_ours_less_their_value() -> None:
    ours = record(metrics=with_interval(74.4, 73.4, 75.5))
    near = beside(ours, [row()])
    assert near is not None
    assert (near.gap, near.low, near.high) == pytest.approx((0.0, -1.0, 1.1))
    assert "0.0 (95 %: -1.0 to +1.1); protocol same" in verdict(ours, near)


def verdicts(task: str, figures: dict[str, float], *overrides: str) -> list[str]:
    """What is said about a record, without its name and the row's source."""
    ours = of_task(task, figures, *overrides)
    sentences = [verdict(ours, near) for near in compared(ours, ROWS)]
    return [sentence.removeprefix(f"{ours.name} {ours.id[:8]}: ") for sentence in sentences]


MPII = {"PCKh@0.5": 92.0, "PCKh@0.5:shoulder": 96.5}
CVPR = "(Sun et al., Deep High-Resolution Representation Learning for Human Pose Estimation "
CVPR += "(CVPR 2019), 2019)"
SILENT = "unknown: train split, padding, flip shift, precision (not stated)"


def test_six_scales_of_mpii_stand_beside_the_goal_and_its_mean() -> None:
    assert verdicts("mpii-pose@w32-256x256-six-scales", MPII) == [
        f"PCKh@0.5 92.0 % beside 92.3 of HRNet-W32 {CVPR}: -0.3; protocol {SILENT}.",
        f"PCKh@0.5:shoulder 96.5 % beside 96.9 of HRNet-W32 {CVPR}: -0.4; protocol {SILENT}.",
    ]


def test_one_scale_on_the_test_split_differs_in_scales() -> None:
    sentences = verdicts("mpii-pose@w32-256x256", MPII, "protocol.split=test")
    assert [sentence.partition("; ")[2] for sentence in sentences] == 2 * [
        f"protocol differs: scales single (theirs: multi); {SILENT}.",
    ]


def test_the_validation_of_mpii_stands_beside_the_official_table() -> None:
    assert verdicts("mpii-pose", {"PCKh@0.5": 90.3, "PCKh@0.5:shoulder": 95.9}) == [
        f"{metric} {value} % beside {value} of pose_hrnet_w32 (Official HRNet pose repository, "
        "2019): 0.0; protocol same."
        for metric, value in (("PCKh@0.5", "90.3"), ("PCKh@0.5:shoulder", "95.9"))
    ]


FACES = "HRNetV2-W18 (Official HRNet facial landmark repository, 2020)"


def test_official_pixels_of_300w_stand_beside_the_goal() -> None:
    assert verdicts("300w", {"NME": 3.4}, "protocol.pixels=official") == [
        f"NME 3.40 % beside 3.34 of {FACES}: +0.06; protocol same.",
    ]


def test_clean_pixels_of_300w_differ_from_the_goals() -> None:
    assert verdicts("300w", {"NME": 3.4}) == [
        (
            f"NME 3.40 % beside 3.34 of {FACES}: +0.06; protocol differs: pixels clean "
            "(theirs: official)."
        ),
    ]


def test_a_flip_test_of_faces_stands_beside_mmposes_and_the_goal() -> None:
    nearest, goal = verdicts("300w", {"NME": 3.4}, "protocol.flip_test=true")
    assert nearest == (
        "NME 3.40 % beside 3.45 of pose_hrnetv2_w18 (MMPose model zoo, 2025): -0.05; protocol "
        "unknown: precision, pixels (not stated)."
    )
    assert "differs: flip test true (theirs: false), pixels clean (theirs: official)." in goal


def test_another_normaliser_than_the_goals_is_named() -> None:
    (goal,) = verdicts(
        "300w", {"NME": 4.8}, "protocol.pixels=official", "protocol.normaliser=inter-pupil"
    )
    assert goal.partition("; ")[2] == (
        "protocol differs: normaliser inter-pupil (theirs: inter-ocular)."
    )


def test_crowdpose_stands_beside_mmpose_as_its_goal_names_no_model() -> None:
    (sentence,) = verdicts("crowdpose", {"AP": 67.0})
    assert sentence == (
        "AP 67.0 % beside 67.5 of pose_hrnet_w32 (MMPose model zoo, 2025): -0.5; protocol "
        "unknown: precision (not stated)."
    )


def test_a_metric_that_the_record_lacks_stands_beside_nothing() -> None:
    assert len(verdicts("mpii-pose", {"PCKh@0.5": 90.3})) == 1


def test_a_task_of_ones_own_stands_beside_nothing() -> None:
    ours = record(task="my-hands", metrics={"PCK@0.1": measured(50, "%", higher_is_better=True)})
    assert beside(ours, ROWS) is None
    assert compared(ours, ROWS) == ()


def test_a_lifting_run_stands_beside_its_kind() -> None:
    (nearest,) = verdicts("h36m-lift", {"MPJPE": 50.0})
    assert "VideoPose3D" in nearest
    assert "frames 243" not in nearest  # the row is of 243 frames too


def test_a_linear_lifter_stands_beside_no_temporal_one() -> None:
    (nearest,) = verdicts("h36m-lift@linear", {"MPJPE": 60.0})
    assert "VideoPose3D" not in nearest


def test_a_causal_lifter_stands_beside_none_that_sees_later_frames() -> None:
    assert verdicts("h36m-lift@temporal-243-causal", {"MPJPE": 49.0}) == []


def test_a_figure_that_nobody_printed_stands_beside_nothing() -> None:
    ours = of_task("coco-pose@w32-256x192", {"AP": 74.0})
    goal = row(value="77.4", checked="target", source_title="", mission="5")
    assert compared(ours, [goal]) == ()
    assert len(compared(ours, [goal, row()])) == 1


@pytest.mark.parametrize(("variant", "value"), [("w64", "79.5"), ("w48", "79.3")])
def test_a_classifier_stands_beside_the_official_table(variant: str, value: str) -> None:
    (sentence,) = verdicts(f"imagenet@{variant}", {"top-1": float(value)})
    assert f"beside {value} of HRNet-{variant.upper()}-C" in sentence
    assert sentence.endswith("protocol same.")
    (other,) = verdicts(f"imagenet@{variant}", {"top-1": 79.0}, "protocol.tta=ten-crop")
    assert "protocol differs: tta ten-crop (theirs: none)" in other


def test_a_resnet_stands_beside_simple_baselines() -> None:
    ours = record(spec={"model": {"backbone": "resnet-50", "input": [256, 192]}})
    near = beside(ours, ROWS)
    assert near is not None
    assert near.row["system"] == "pose_resnet_50"
    assert near.row["value"] == "70.4"
