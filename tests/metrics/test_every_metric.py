"""What every registered metric keeps to: a new one needs an example here, and nothing else."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from operator import getitem
from typing import Any

import numpy as np
import pytest
from metrics.examples import in_boxes, setting, truth

from hrbench.metrics.crowdpose import CrowdTruth
from hrbench.metrics.inputs import (
    ClassSetting,
    JointSetting,
    LiftedJoints,
    PosesInBoxes,
    RankedClasses,
)
from hrbench.metrics.metric import AnyMetric
from hrbench.metrics.mpjpe import LEFT_OUT, JointTruth
from hrbench.metrics.nme import FaceTruth
from hrbench.metrics.pckh import KEYPOINTS, HeadTruth
from hrbench.metrics.registry import METRICS
from hrbench.report.definitions import define
from hrbench.spec.classes import ClassificationProtocol
from hrbench.spec.landmarks import LandmarkProtocol
from hrbench.spec.lifting import LiftingProtocol
from hrbench.spec.task import Protocol

EDGES = np.array([0.0, 40, 80, 120])  # x of keypoints, from a person's left
JOINTS = (*LEFT_OUT[14], *(f"joint_{number}" for number in range(14)))
CLASSES = ("ant", "bee", "cat", "dog", "elk", "fox", "gnu")


@dataclass(frozen=True, slots=True)
class Example:
    """Samples, answers to all of them that are right, and what dataset and protocol say."""

    truth: Any
    right: Any
    setting: Any
    counted: int  # samples
    others: tuple[Any, ...] = ()  # settings in which there are other figures


def people(count: int, side: float = 1.0) -> Any:
    """Persons of 120 x 40 pixels, each in an image of its own."""
    points = np.stack([EDGES, EDGES / 3], axis=1) * side
    places = points + 5 * np.arange(count)[:, None, None]
    areas = np.full(count, 120.0 * 40) * side**2
    return truth(places.reshape(count, 4, 2), images=[*range(1, count + 1)], areas=areas)


def poses(count: int, sides: tuple[float, ...] = (1.0, 2.0)) -> Example:
    """Persons of both sizes that COCO tells apart."""
    parts = [people(count, side) for side in sides]
    both = replace(parts[0], **{
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in parts[0].__dataclass_fields__
    })  # fmt: skip
    both = replace(both, ids=np.arange(len(both.ids)) + 1)
    right = in_boxes(both.keypoints, both.ids.tolist(), both.image_ids.tolist())
    strict = setting(4, sigmas=np.full(4, 0.05))
    own = replace(strict, complete=False, groups={"width": ([0], [3])})
    return Example(both, right, strict, len(both.ids), (own,))


def crowds(count: int) -> Example:
    found = poses(count)
    images = np.arange(1, count + 1)
    levels = np.linspace(0.1, 0.9, count)
    return replace(found, truth=CrowdTruth(found.truth, images, levels), others=())


def objects(count: int) -> Example:
    found = poses(count)
    return replace(found, setting=found.others[0], others=())


def mpii(count: int) -> Example:
    places = np.arange(count * 32, dtype=np.float64).reshape(count, 16, 2) + 1
    heads = HeadTruth(places, np.zeros((count, 16), dtype=np.bool_), np.full(count, 20.0))
    return Example(heads, in_boxes(places - 1), setting(len(KEYPOINTS)), count)


def faces(count: int) -> Example:
    points = np.arange(count * 8, dtype=np.float64).reshape(count, 4, 2)
    sizes = {"inter-ocular": np.full(count, 50.0), "inter-pupil": np.full(count, 40.0)}
    about = setting(4, normaliser="inter-ocular", regions={"jaw": [2, 3]}, turn=(0, 1, 2))
    truth = FaceTruth(np.arange(count) + 1, points, sizes, occluded=points[..., 0] % 4 == 0)
    return Example(truth, in_boxes(points), about, count)


def sequences(count: int) -> Example:
    joints = np.random.default_rng(0).normal(0, 300, (count, 17, 3))
    joints[:, 0] = 0
    number = np.zeros(count, dtype=np.int64)
    truth = JointTruth(joints, number, ("Walking",), ("S9",), ("S9/Walking",))
    about = JointSetting(joints=JOINTS, average="actions", counted=17, root="target")
    others = (replace(about, average="frames", counted=14),)
    return Example(truth, LiftedJoints(joints), about, count, others)


def pictures(count: int) -> Example:
    labels = np.arange(count) % len(CLASSES)
    answers = (labels[:, None] + np.arange(5)) % len(CLASSES)
    sure = np.tile(np.array([0.5, 0.2, 0.1, 0.1, 0.1], np.float32), (count, 1))
    return Example(labels, RankedClasses(answers, sure), ClassSetting(CLASSES), count)


EXAMPLES: dict[str, Callable[[int], Example]] = {
    "oks": poses,
    "crowdpose": crowds,
    "pckh": mpii,
    "nme": faces,
    "pixels": objects,
    "mpjpe": sequences,
    "accuracy": pictures,
}
PROTOCOLS: dict[type, type[Protocol]] = {
    PosesInBoxes: LandmarkProtocol,
    LiftedJoints: LiftingProtocol,
    RankedClasses: ClassificationProtocol,
}
every_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))


def spoilt(right: Any) -> Any:
    """The same answers, the first wrong and surer of itself."""
    if isinstance(right, LiftedJoints):
        return LiftedJoints(right.joints + np.eye(1, len(right.joints)).T[..., None] * [90, 0, 0])
    if isinstance(right, RankedClasses):
        labels, scores = right.labels.copy(), right.scores.copy()
        labels[0], scores[0, 0] = np.roll(labels[0], 1), 0.9
        return RankedClasses(labels, scores)
    moved = right.keypoints.copy()
    moved[0] += 9
    return replace(right, keypoints=moved)


@every_metric
def test_the_headline_is_the_first_of_the_figures(metric: AnyMetric) -> None:
    shown = EXAMPLES[metric.name](3)
    assert metric.fault(shown.setting) == ""
    scores = metric.score(metric.compare(shown.truth, shown.right, shown.setting))
    assert next(iter(scores.figures)) == metric.headline


@every_metric
def test_right_answers_get_the_best_value(metric: AnyMetric) -> None:
    shown = EXAMPLES[metric.name](3)
    for about in (shown.setting, *shown.others):
        figures = metric.score(metric.compare(shown.truth, shown.right, about)).figures
        for name, value in figures.items():
            known = define(name)
            assert known is not None
            assert value == pytest.approx(100 if known.higher_is_better else 0, abs=1e-3), name


@every_metric
def test_a_wrong_answer_costs_and_its_sample_has_the_largest_error(
    metric: AnyMetric,
) -> None:
    shown = EXAMPLES[metric.name](3)
    wrong = spoilt(shown.right)
    known = define(metric.headline)
    assert known is not None
    best, less = (
        metric.score(metric.compare(shown.truth, answers, shown.setting)).figures[metric.headline]
        for answers in (shown.right, wrong)
    )
    assert (less < best) if known.higher_is_better else (less > best)
    before, after = (
        metric.errors(metric.compare(shown.truth, answers, shown.setting)).errors
        for answers in (shown.right, wrong)
    )
    assert len(before) == len(after) == shown.counted
    assert after.argmax() == 0
    assert after[0] > before[0]
    np.testing.assert_array_equal(after[1:], before[1:])


@every_metric
def test_every_figure_is_defined_once_and_every_definition_used(
    metric: AnyMetric,
) -> None:
    shown = EXAMPLES[metric.name](3)
    names: set[str] = set()
    for about in (shown.setting, *shown.others):
        names |= set(metric.score(metric.compare(shown.truth, shown.right, about)).figures)
    used = {name: [f for f in metric.figures if f.of(name.partition(":")[0])] for name in names}
    assert {name: len(found) for name, found in used.items()} == dict.fromkeys(names, 1)
    assert {found[0] for found in used.values()} == set(metric.figures)
    for figure in metric.figures:
        assert figure.meaning


@every_metric
def test_the_outcomes_of_all_units_give_every_figure(metric: AnyMetric) -> None:
    for count in (0, 3):
        shown = EXAMPLES[metric.name](count)
        answers = spoilt(shown.right) if count else shown.right
        for about in (shown.setting, *shown.others):
            figures = metric.score(metric.compare(shown.truth, answers, about)).figures
            outcomes = metric.observe(metric.compare(shown.truth, answers, about))
            assert isinstance(outcomes, metric.outcomes)
            again = outcomes.once()
            known = {name: again[name] for name in figures if not math.isnan(figures[name])}
            assert known == pytest.approx({name: figures[name] for name in known}, rel=1e-12)


@every_metric
def test_outcomes_tell_of_groups_what_the_groups_say(metric: AnyMetric) -> None:
    shown = EXAMPLES[metric.name](3)
    answers = spoilt(shown.right)
    for about in (shown.setting, *shown.others):
        groups = {
            **metric.score(metric.compare(shown.truth, answers, about)).groups,
            **metric.breakdown(metric.compare(shown.truth, answers, about)),
        }
        once = metric.observe(metric.compare(shown.truth, answers, about)).once()
        told = {name: value for name, value in once.items() if "/" in name}
        assert told
        for name, value in told.items():
            cell = reduce(getitem, name.split("/"), groups)
            assert cell == pytest.approx(value, rel=1e-12, nan_ok=True), name


@every_metric
def test_each_unit_by_itself_has_the_figure_of_a_sample_of_one(metric: AnyMetric) -> None:
    shown = EXAMPLES[metric.name](3)
    outcomes = metric.observe(metric.compare(shown.truth, spoilt(shown.right), shown.setting))
    alone = outcomes.figures(np.eye(len(outcomes.units), dtype=np.int64))
    each = outcomes.each(metric.headline)
    np.testing.assert_allclose(each, alone[metric.headline], rtol=1e-12)


@every_metric
def test_a_figure_without_a_largest_value_is_an_error(metric: AnyMetric) -> None:
    shown = EXAMPLES[metric.name](3)
    for about in (shown.setting, *shown.others):
        outcomes = metric.observe(metric.compare(shown.truth, shown.right, about))
        for name, value in outcomes.once().items():
            largest = outcomes.largest(name)
            nearest = min(0, largest, key=lambda end: abs(end - value))
            assert math.isnan(value) or value == pytest.approx(nearest, abs=1e-3), name
            known = define(name)
            assert known is None or known.unit == "%" or math.isinf(largest)


@every_metric
def test_a_unit_twice_counts_as_two_of_the_same(metric: AnyMetric) -> None:
    shown = EXAMPLES[metric.name](3)
    outcomes = metric.observe(metric.compare(shown.truth, spoilt(shown.right), shown.setting))
    once = np.ones((1, len(outcomes.units)), np.int64)
    figures = outcomes.figures(np.concatenate([once, 2 * once]))
    for name, (single, double) in figures.items():
        assert double == pytest.approx(single, rel=1e-12, nan_ok=True), name


def test_a_name_means_the_same_whatever_metric_gives_it() -> None:
    figures = {figure for metric in METRICS.values() for figure in metric.figures}
    assert len({figure.pattern for figure in figures}) == len(figures)


@every_metric
def test_without_samples_every_figure_says_why_it_has_no_value(
    metric: AnyMetric,
) -> None:
    nobody = EXAMPLES[metric.name](0)
    scores = metric.score(metric.compare(nobody.truth, nobody.right, nobody.setting))
    assert all(math.isnan(value) for value in scores.figures.values())
    assert all(scores.reasons.values())
    assert set(scores.reasons) == set(scores.figures)
    assert (
        len(metric.errors(metric.compare(nobody.truth, nobody.right, nobody.setting)).errors) == 0
    )


@every_metric
def test_groups_are_json_and_a_curve_has_axes(metric: AnyMetric) -> None:
    shown = EXAMPLES[metric.name](3)
    scores = metric.score(metric.compare(shown.truth, shown.right, shown.setting))
    text = json.dumps(scores.groups)
    assert json.dumps(json.loads(text)) == text
    curve = scores.groups.get("curve")
    assert (curve is None) == (metric.axes is None)
    if curve is not None:
        first, *lines = curve
        assert first == ("recall" if metric.headline == "AP" else "thresholds")
        assert {len(curve[line]) for line in lines} == {len(curve[first])}


@every_metric
@pytest.mark.parametrize("count", [0, 3])
def test_what_says_where_it_fails_is_json_and_hides_no_group_of_the_score(
    metric: AnyMetric, count: int
) -> None:
    shown = EXAMPLES[metric.name](count)
    for about in (shown.setting, *shown.others):
        found = metric.breakdown(metric.compare(shown.truth, shown.right, about))
        text = json.dumps(found)
        assert json.dumps(json.loads(text)) == text
        assert not {*found} & {
            *metric.score(metric.compare(shown.truth, shown.right, about)).groups
        }


@every_metric
def test_the_keys_that_a_metric_names_are_the_protocols(
    metric: AnyMetric,
) -> None:
    protocol = PROTOCOLS[metric.predictions]
    assert metric.keys <= set(protocol.model_fields)
    for key in metric.needs:
        assert protocol.model_fields[key].default is None
