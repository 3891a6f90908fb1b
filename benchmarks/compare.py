"""Look at whether p-values, power and ranks of `hrbench compare` are what they say they are.

    python benchmarks/compare.py [--worlds top-1 AP] [--images 50 300] [--trials 2000]

Runs are made up that share how hard each image is and differ in what each does of its own. Images
hold from one person or face to three, who share some of it too. Where the second run is as good
as the first, p has to be below 0.05 in 5 % of trials, and so on: it is to be uniform. Where it is
better by as much as so many images are said to show, p has to be below 0.05 in 80 %. Of five runs,
all alike, the true places of all are to be among the ranks that each is given.

Exit 1 where p is below 0.05 in less than 4 or more than 6 % of trials, beyond their own error, or
the power is not between 75 and 85 %.
"""

import argparse
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hrbench.metrics.bootstrap import drawn, freedoms
from hrbench.metrics.outcomes import Counts
from hrbench.metrics.paired import Difference, Together, difference
from hrbench.metrics.ranked import Ranked
from hrbench.metrics.ranks import ranks
from hrbench.metrics.topk import ClassOutcomes
from hrbench.metrics.weighted import means

Floats = NDArray[np.float64]
Figure: TypeAlias = Callable[[Counts], Floats]  # of a run, as `Outcomes.figures` has it
World: TypeAlias = Callable[[np.random.Generator, int, tuple[float, ...]], list[Figure]]

LEVELS = (0.01, 0.05, 0.1, 0.5)
PILOT, PILOTS = 400, 20  # images of a sample that says how many are needed, and such samples
MANY = 400_000  # images, whose difference is taken for the true one
RUNS = 5  # that are ranked
ACTIONS, CAMERAS = 15, 4  # of Human3.6M; its performances are the images of a world
NULL, POWER = (0.04, 0.06), (0.75, 0.85)
THRESHOLDS = np.arange(0.5, 1, 0.05)[:, None]


def images_of(rng: np.random.Generator, images: int) -> NDArray[np.int64]:
    """Return the image of each sample: one to three in each."""
    return np.repeat(np.arange(images), rng.integers(1, 4, images))


def shares(rng: np.random.Generator, images: int, effects: tuple[float, ...]) -> list[Figure]:
    """Runs that have 60 % of single pictures right; an effect is more of them, in per cent."""
    hard = rng.random(images)
    own = (0.7 * hard + 0.3 * rng.random(images) for _ in effects)
    right = [100.0 * (o < 0.6 + e / 100) for o, e in zip(own, effects, strict=True)]
    return [_mean(values, np.arange(images)) for values in right]


def errors(rng: np.random.Generator, images: int, effects: tuple[float, ...]) -> list[Figure]:
    """Runs with long-tailed errors of 5 % about; an effect is by how many per cent each is less."""
    owners = images_of(rng, images)
    hard = rng.normal(0, 0.3, images)[owners] + rng.normal(0, 0.3, len(owners))
    return [
        _mean(5 * (1 - effect / 100) * np.exp(hard + rng.normal(0, 0.3, len(owners))), owners)
        for effect in effects
    ]


def group(rng: np.random.Generator, images: int, effects: tuple[float, ...]) -> list[Figure]:
    """Runs with such errors in a fifth of the images, and nothing to measure in the others."""
    owners = rng.permutation(images)[: images // 5]
    hard = rng.normal(0, 0.4, len(owners))
    return [
        _mean(5 * (1 - effect / 100) * np.exp(hard + rng.normal(0, 0.3, len(owners))), owners)
        for effect in effects
    ]


def hits(rng: np.random.Generator, images: int, effects: tuple[float, ...]) -> list[Figure]:
    """Runs of persons with 14 keypoints, some not labelled; an effect is added to each's logit."""
    owners = images_of(rng, images)
    shape = (len(owners), 14)
    hard = rng.normal(0, 0.7, images)[owners, None] + rng.normal(0, 0.7, shape)
    labelled = np.where(rng.random(shape) < 0.8, 1, np.nan)
    made = []
    for effect in effects:
        right = hard + rng.normal(0, 1, shape) < 1.5 + effect
        made.append(_mean(100 * right * labelled, owners))
    return made


def found(rng: np.random.Generator, images: int, effects: tuple[float, ...]) -> list[Figure]:
    """Runs of persons that are found at some OKS; an effect is less of what each lacks of 1."""
    owners = images_of(rng, images)
    hard = rng.normal(0, 0.5, images)[owners] + rng.normal(0, 0.5, len(owners))
    people = np.bincount(owners, minlength=images)[None]
    made = []
    for effect in effects:
        lack = 0.25 * np.exp(hard + rng.normal(0, 0.5, len(owners))) * (1 - effect / 100)
        nobody = rng.integers(0, images, images // 2)  # whom a result is of
        similar = np.append(1 - lack, np.zeros(len(nobody)))
        score = np.append(similar[: len(owners)], rng.uniform(0, 0.8, len(nobody)))
        order = np.argsort(-(score + rng.normal(0, 0.15, len(score))))
        right = (similar[order] >= THRESHOLDS)[None]
        results = np.append(owners, nobody)[order].astype(np.int32)
        made.append(_average_precision(Ranked(results, right, np.ones_like(right), people)))
    return made


def motions(rng: np.random.Generator, images: int, effects: tuple[float, ...]) -> list[Figure]:
    """Runs of performances of actions, their error the mean over these; an effect is as of NME."""
    actions = np.arange(images) % ACTIONS
    owners = np.repeat(np.arange(images), CAMERAS)
    hard = rng.normal(0, 0.2, ACTIONS)[actions] + rng.normal(0, 0.2, images)
    made = []
    for effect in effects:
        own = rng.normal(0, 0.1, images)[owners] + rng.normal(0, 0.05, len(owners))
        made.append(_mean_of_sorts(50 * (1 - effect / 100) * np.exp(hard[owners] + own), owners))
    return made


WORLDS: Mapping[str, tuple[World, float, int]] = {  # an effect that some hundred show; sorts
    "top-1": (shares, 5.0, 1),
    "NME": (errors, 4.0, 1),
    "group": (group, 8.0, 1),
    "PCKh": (hits, 0.15, 1),
    "AP": (found, 6.0, 1),
    "MPJPE": (motions, 2.0, ACTIONS),
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws of so many images, the same in every trial, as in every comparison."""

    images: int
    counts: Counts
    strata: NDArray[np.intp]

    @classmethod
    def of(cls, images: int, replicates: int, sorts: int) -> "Drawing":
        """Draw images of so many sorts, in turn."""
        strata = np.arange(images) % sorts
        return cls(images, np.concatenate(list(drawn(strata, replicates))), strata)

    def degrees(self, run: Figure) -> int:
        """Return those that a run's figure has."""
        return freedoms(lambda counts: {"": run(counts)}, self.strata)[""]

    def difference(self, first: Figure, second: Figure) -> Difference:
        """Return what is said of two runs."""
        return difference(self.together([first, second]), "figure")

    def together(self, runs: list[Figure]) -> Together:
        """Return what is drawn of several."""
        ones = np.ones((1, self.images), np.int64)
        return Together(
            kind=ClassOutcomes,  # by which ranks do not go
            units=np.arange(self.images),
            freedom=tuple({"figure": self.degrees(run)} for run in runs),
            figures=tuple({"figure": float(run(ones)[0])} for run in runs),
            replicates=tuple({"figure": run(self.counts)} for run in runs),
        )


def _mean(values: NDArray[np.number], owners: NDArray[np.int64]) -> Figure:
    measured = np.asarray(values, np.float64)
    return lambda counts: means(measured, owners, counts)


def _mean_of_sorts(values: Floats, owners: NDArray[np.int64]) -> Figure:
    sorts = [np.flatnonzero(owners % ACTIONS == sort) for sort in range(ACTIONS)]
    # Over those that any image is of: a part of the images, of which `freedoms` asks, has not all.
    return lambda counts: np.asarray(
        np.nanmean([means(values[own], owners[own], counts) for own in sorts], axis=0)
    )


def _average_precision(table: Ranked) -> Figure:
    return lambda counts: 100 * table.averages(counts)["AP"]


def below(world: World, drawing: Drawing, effect: float, trials: int, seed: int) -> Floats:
    """Return (T,) p-values of trials in which the second run has an effect."""
    rng = np.random.default_rng(seed)
    pairs = (world(rng, drawing.images, (0.0, effect)) for _ in range(trials))
    return np.array([drawing.difference(*pair).p for pair in pairs])


def needed(world: World, effect: float, sorts: int, replicates: int, seed: int) -> int:
    """Return how many images are said to be needed for an effect, the mean of pilots."""
    rng = np.random.default_rng(seed)
    ones = np.ones((1, MANY), np.int64)
    first, second = world(rng, MANY, (0.0, effect))
    true = abs(float(second(ones)[0] - first(ones)[0]))
    drawing = Drawing.of(PILOT, replicates, sorts)
    pilots = [drawing.difference(*world(rng, PILOT, (0.0, effect))).smallest for _ in range(PILOTS)]
    return math.ceil(PILOT * (float(np.mean(pilots)) / true) ** 2)


def all_places(world: World, drawing: Drawing, trials: int, seed: int) -> float:
    """Return the share of runs, all alike, whose ranks are all that there are."""
    rng, held = np.random.default_rng(seed), 0
    for _ in range(trials):
        sample = drawing.together(world(rng, drawing.images, (0.0,) * RUNS))
        found = ranks(sample, "figure", higher_is_better=True)
        held += sum((rank.best, rank.worst) == (1, RUNS) for rank in found)
    return held / (RUNS * trials)


def main() -> None:
    """Print a line for each world and number of images; exit 1 where one is not as it says."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--images", nargs="+", type=int, default=[50, 300])
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--replicates", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    trials, seed, fine = chosen.trials, chosen.seed, True
    slack = 2 * math.sqrt(0.05 * 0.95 / trials)
    for name in chosen.worlds:
        world, effect, sorts = WORLDS[name]
        for images in chosen.images:
            drawing = Drawing.of(images, chosen.replicates, sorts)
            p = below(world, drawing, 0.0, trials, seed)
            said = "  ".join(f"p < {level}: {100 * (p < level).mean():.1f} %" for level in LEVELS)
            places = all_places(world, drawing, max(trials // 10, 1), seed)
            print(f"{name}, {images} images, no difference: {said}; ", end="")
            print(f"of {RUNS} such runs {100 * places:.1f} % have all places", flush=True)
            fine &= bool(NULL[0] - slack <= (p < 0.05).mean() <= NULL[1] + slack)
        images = needed(world, effect, sorts, chosen.replicates, seed)
        drawing = Drawing.of(images, chosen.replicates, sorts)
        p = below(world, drawing, effect, trials, seed)
        power = float((p < 0.05).mean())
        print(f"{name}, {images} images, which are said to be needed: p < 0.05 in ", end="")
        print(f"{100 * power:.1f} %", flush=True)
        fine &= POWER[0] <= power <= POWER[1]
    if not fine:
        raise SystemExit("p or the power is not what it says")


if __name__ == "__main__":
    main()
