"""Worlds without end of which images are drawn: what a metric would say of all is known.

In each an image is hard or easy for all its samples alike, and so is a performance for all its
cameras and frames. Figures are about those of the literature.

Letters: U images (of Human3.6M: performances), N samples, K keypoints.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scoring import FLIP_PAIRS, NAMES, SIGMAS

from hrbench.metrics.face_outcomes import FaceOutcomes
from hrbench.metrics.head_outcomes import HeadOutcomes
from hrbench.metrics.inputs import (
    ClassSetting,
    JointSetting,
    KeypointSetting,
    LiftedJoints,
    PosesInBoxes,
    RankedClasses,
)
from hrbench.metrics.metric import AnyMetric
from hrbench.metrics.mpjpe import LEFT_OUT, JointTruth
from hrbench.metrics.nme import FaceTruth
from hrbench.metrics.outcomes import Counts, Outcomes
from hrbench.metrics.pckh import KEYPOINTS, HeadTruth
from hrbench.metrics.people import Truth
from hrbench.metrics.pose_outcomes import PoseOutcomes
from hrbench.metrics.registry import METRICS
from hrbench.metrics.sequence_outcomes import SequenceOutcomes
from hrbench.metrics.topk import ClassOutcomes

RNG = np.random.Generator
Floats = NDArray[np.float64]
Given = tuple[Any, Any, Any]  # truth, predictions, setting

ACTIONS, CAMERAS, FRAMES = 15, 2, 3
CLASSES = tuple(str(number) for number in range(10))


class Averages(PoseOutcomes):
    """COCO's ten figures alone, which are the soonest made."""

    def figures(self, counts: Counts) -> dict[str, Floats]:
        """Return the ten."""
        return {name: 100 * values for name, values in self.ranked.averages(counts).items()}


class FaceMeans(FaceOutcomes):
    """All but the medians."""

    figures = FaceOutcomes.means


class FaceMedians(FaceOutcomes):
    """The medians alone."""

    figures = FaceOutcomes.medians


class FoundMedians(PoseOutcomes):
    """The medians alone, of people who are found."""

    figures = PoseOutcomes.errors


class HeadMeans(HeadOutcomes):
    """All but the medians."""

    figures = HeadOutcomes.means


@dataclass(frozen=True, slots=True)
class World:
    """What is drawn, and by what it is measured."""

    metric: AnyMetric
    draw: Callable[[RNG, int], Given]  # so many units
    kind: type[Outcomes]  # what is made of the metric's: some of its figures, or all
    draws: int = 10  # of 20,000 units, of which the truth is the mean

    def truth(self, rng: RNG) -> dict[str, float]:
        """Return the figures of very many units."""
        draws = [
            self.metric.score(self.metric.compare(*self.draw(rng, 20_000))).figures
            for _ in range(self.draws)
        ]
        return {name: float(np.mean([draw[name] for draw in draws])) for name in draws[0]}

    def outcomes(self, rng: RNG, units: int) -> Outcomes:
        """Return what units that are drawn add to the figures."""
        made = self.metric.observe(self.metric.compare(*self.draw(rng, units)))
        return self.kind(**{field.name: getattr(made, field.name) for field in fields(made)})


@dataclass(frozen=True, slots=True)
class Pool(World):
    """Performances that are drawn, with replacement, of 30,000: to measure them takes long."""

    kind: type[Outcomes] = SequenceOutcomes

    def truth(self, rng: RNG) -> dict[str, float]:
        """Return the figures of all."""
        del rng
        return pool().once()

    def outcomes(self, rng: RNG, units: int) -> Outcomes:
        """Return what as many of each action add, of units some more where they do not divide."""
        whole, each = pool(), -(-units // ACTIONS)
        chosen = np.concatenate([rng.choice(own, each) for own in by_action()])
        rows = chosen.ravel()
        of_sequences = ("actions", "subjects", "frames", "errors", "joints")
        return replace(
            whole,
            units=np.arange(len(chosen)),
            owners=np.repeat(np.arange(len(chosen)), CAMERAS),
            **{name: getattr(whole, name)[rows] for name in of_sequences},
        )


@cache
def by_action() -> list[NDArray[np.intp]]:
    """Return for each action its performances in the pool: (n, cameras) rows of sequences."""
    rows = np.argsort(pool().owners, kind="stable").reshape(-1, CAMERAS)
    return [rows[pool().strata == action] for action in range(ACTIONS)]


@cache
def pool() -> SequenceOutcomes:
    """Return what 30,000 performances add to the figures."""
    made = METRICS["mpjpe"].observe(
        METRICS["mpjpe"].compare(*performances(np.random.default_rng(0), 30_000))
    )
    if not isinstance(made, SequenceOutcomes):
        raise TypeError(type(made))
    return made


def people(rng: RNG, units: int) -> Given:
    """Draw images of COCO: half of them empty, found people the surer the nearer, and ghosts."""
    hard, images = rng.normal(0, 1, units), np.arange(units) + 1
    owners = np.repeat(np.arange(units), rng.poisson(2.2, units) * (rng.random(units) < 0.5))
    count = len(owners)
    side = np.exp(rng.uniform(np.log(40), np.log(300), count))
    places = rng.uniform(0, 400, (count, 1, 2)) + rng.random((count, len(SIGMAS), 2)) * (
        side[:, None, None] * [0.6, 1]
    )
    visibility = rng.choice([0, 2], p=[0.3, 0.7], size=places.shape[:2])
    visibility[:, 0] = 2
    boxes = np.column_stack((places.min(axis=1), np.ptp(places, axis=1)))
    truth = Truth(
        ids=np.arange(count) + 1,
        image_ids=images[owners],
        keypoints=places,
        visibility=visibility,
        num_keypoints=(visibility > 0).sum(axis=1),
        areas=0.5 * side**2,
        boxes=boxes,
        crowd=np.zeros(count, np.bool_),
    )
    spread = np.exp(-0.4 + 0.6 * hard[owners] + 0.6 * rng.normal(0, 1, count))
    off = rng.normal(0, 1, places.shape) * (
        (spread * np.sqrt(truth.areas))[:, None, None] * SIGMAS[:, None]
    )
    found = rng.random(count) < 0.92
    ghosts = np.repeat(np.arange(units), rng.poisson(0.8 * np.exp(0.3 * hard)))
    astray = (
        rng.uniform(0, 400, (len(ghosts), 1, 2)) + rng.random((len(ghosts), len(SIGMAS), 2)) * 80
    )
    sure = 1 / (1 + spread[found] * np.exp(rng.normal(-1, 0.7, found.sum())))
    unsure = 1 / (1 + np.exp(rng.normal(1.2, 0.8, len(ghosts))))
    predictions = _in_boxes(
        rng,
        images,
        images[np.concatenate((owners[found], ghosts))],
        np.concatenate(((places + off)[found], astray)),
        np.concatenate((sure, unsure)),
    )
    return truth, predictions, _setting(NAMES, SIGMAS)


def persons(rng: RNG, units: int, off: float = 0.17) -> Given:
    """Draw images of MPII: one person, or some, whose limbs are harder than their heads."""
    hard, images = rng.normal(0, 1, units), np.arange(units)
    owners = np.repeat(images, 1 + rng.poisson(0.15, units))
    count = len(owners)
    places = rng.uniform(1, 500, (count, len(KEYPOINTS), 2))
    heads = np.exp(rng.normal(np.log(60), 0.4, count))
    missing = rng.random(places.shape[:2]) < np.linspace(0.2, 0.05, len(KEYPOINTS))
    spread = off * np.exp(
        0.5 * hard[owners, None]
        + 0.5 * rng.normal(0, 1, (count, 1))
        + np.linspace(0.5, -0.5, len(KEYPOINTS))
    )
    found = places - 1 + rng.normal(0, 1, places.shape) * (spread * heads[:, None])[..., None]
    predictions = _in_boxes(rng, images, owners, found, np.ones(count))
    return HeadTruth(places, missing, heads), predictions, _setting(KEYPOINTS)


def faces(rng: RNG, units: int, lost: float = 0.0) -> Given:
    """Draw images of faces: mostly one, a share of them lost: four times as far off."""
    hard, images = rng.normal(0, 1, units), np.arange(units)
    owners = np.repeat(images, 1 + (rng.random(units) < 0.05))
    count, names = len(owners), [str(number) for number in range(10)]
    places = rng.uniform(0, 200, (count, len(names), 2))
    sizes = np.exp(rng.normal(np.log(100), 0.3, count))
    spread = 0.026 * np.exp(0.3 * hard[owners] + 0.3 * rng.normal(0, 1, count))
    spread = np.where(rng.random(count) < lost, 4 * spread, spread)
    found = places + rng.normal(0, 1, places.shape) * (spread * sizes)[:, None, None]
    truth = FaceTruth(np.arange(count), places, {"inter-ocular": sizes})
    return truth, _in_boxes(rng, images, owners, found, np.ones(count)), _setting(names)


def performances(rng: RNG, units: int) -> Given:
    """Draw as many performances of each of 15 actions, of two subjects, that cameras saw."""
    each = -(-units // ACTIONS)
    action = np.repeat(np.arange(ACTIONS), each)
    hard = np.exp(np.linspace(3.3, 4.3, ACTIONS)[action] + rng.normal(0, 0.2, len(action)))
    owners = np.repeat(np.arange(len(action)), CAMERAS)
    spread = hard[owners] * np.exp(rng.normal(0, 0.1, len(owners)))
    number = np.repeat(np.arange(len(owners)), FRAMES)
    joints = rng.normal(0, 300, (len(number), 17, 3))
    joints[:, 0] = 0
    still = rng.normal(0, 0.5, (len(owners), 17, 3))[
        number
    ]  # errors that go on from frame to frame
    off = (still + rng.normal(0, 0.3, joints.shape)) * spread[number, None, None]
    off[:, 0] = 0
    names = np.array([f"S{9 + 2 * (row % 2)}/{row}" for row in range(len(action))])[owners]
    truth = JointTruth(
        joints,
        number,
        tuple(f"action {number:02}" for number in action[owners]),
        tuple(name.partition("/")[0] for name in names),
        tuple(names),
    )
    known = (*LEFT_OUT[14], *(f"joint_{number}" for number in range(14)))
    setting = JointSetting(joints=known, average="actions", counted=17, root="target")
    return truth, LiftedJoints(joints + off), setting


def pictures(rng: RNG, units: int, right: float = 0.8) -> Given:
    """Draw pictures whose class is the first answer of a share, each with a chance of its own."""
    truth = rng.integers(0, len(CLASSES), units)
    first = rng.random(units) < rng.beta(8 * right, 8 * (1 - right), units)
    step = np.where(first, 0, rng.integers(1, len(CLASSES), units))
    labels = (truth[:, None] + step[:, None] + np.arange(5)) % len(CLASSES)
    scores = np.full(labels.shape, 0.2, np.float32)
    return truth, RankedClasses(labels, scores), ClassSetting(CLASSES)


def _in_boxes(
    rng: RNG, images: NDArray[np.int64], owners: NDArray[np.int64], places: Floats, scores: Floats
) -> PosesInBoxes:
    """Return predictions in the order of a file, which is none, where rows need not go together."""
    order = (
        rng.permutation(len(owners)) if len(set(scores.tolist())) > 1 else np.arange(len(owners))
    )
    count = len(owners)
    return PosesInBoxes(
        sample_ids=np.arange(count),
        image_ids=owners[order],
        boxes=np.tile([0.0, 0.0, 40.0, 50.0], (count, 1)),
        box_scores=scores[order],
        box_areas=np.full(count, 2000.0),
        keypoints=places[order].astype(np.float32),
        scores=np.ones(places.shape[:2], np.float32),
        scored_images=images,
    )


def _setting(names: Any, sigmas: Floats | None = None) -> KeypointSetting:
    return KeypointSetting(
        dataset="a world",
        split="drawn",
        keypoints=tuple(names),
        flip_pairs=tuple(FLIP_PAIRS) if sigmas is not None else (),
        sigmas=sigmas,
        groups={},
        complete=True,
        boxes="det",
        keypoint_threshold=0.2,
        nms="none",
        nms_threshold=0.9,
        normaliser="inter-ocular",
    )


WORLDS = {
    "AP": World(METRICS["oks"], people, Averages),
    "PCKh": World(METRICS["pckh"], persons, HeadMeans),
    "PCKh-near-100": World(METRICS["pckh"], partial(persons, off=0.06), HeadMeans),
    "NME": World(METRICS["nme"], faces, FaceMeans, draws=100),
    "NME-some-lost": World(METRICS["nme"], partial(faces, lost=0.03), FaceMeans, draws=100),
    "MPJPE": Pool(METRICS["mpjpe"], performances),
    "median-of-found": World(METRICS["oks"], people, FoundMedians),
    "median-of-faces": World(METRICS["nme"], faces, FaceMedians, draws=100),
    "top-1": World(METRICS["accuracy"], pictures, ClassOutcomes),
    "top-1-near-100": World(METRICS["accuracy"], partial(pictures, right=0.98), ClassOutcomes),
}
