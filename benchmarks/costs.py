"""What the published rows cost on one card: hours and euros of training and of measuring.

    python benchmarks/costs.py [--price 3] [--at-128 1645] [--at-32 943] [--prediction 1710]

The rates are those of HRNet-W32 at 256 x 192, images of a training step of 128 and of 32, and boxes
of an evaluation. Other networks are scaled by their multiply-adds; how far that holds is not
measured. Time to read and to score, which goes on beside it or on another machine, is left out.
"""

import argparse
import math
from dataclasses import dataclass

import torch
from workload import require_positive

from hrbench.begun.options import Options
from hrbench.kinds.complexity import HOLLOW, multiply_adds
from hrbench.kinds.registry import kind_of
from hrbench.network import TemporalNetwork
from hrbench.road.loading import load

REFERENCE, REFERENCE_PASSES = "coco-pose@w32-256x192", 2
HOUR = 3600.0  # seconds
COCO, AIC = 149_813, 378_352  # persons with keypoints, in training
TEST_DEV = round(104_125 / 5_000 * 20_288)  # boxes, as many an image as val2017's file has


@dataclass(frozen=True, slots=True)
class Row:
    """A published figure: what is trained on in an epoch, and what is measured."""

    name: str
    task: str
    trained: int  # samples
    measured: int  # boxes, pictures or frames
    missing: str = ""  # what its source does not say


@dataclass(frozen=True, slots=True)
class Work:
    """What a recipe and its protocol compute."""

    trained: float  # multiply-adds of one sample's forward pass
    batch: int
    steps: int
    measured: float  # multiply-adds of one evaluation, all passes
    validations: int


@dataclass(frozen=True, slots=True)
class Card:
    """What was measured of one, with a network of so many multiply-adds a pass."""

    reference: float  # multiply-adds
    at_128: float  # images/s of training, by batch
    at_32: float
    prediction: float  # boxes/s, with the flip test

    def step(self, batch: int, multiply_adds: float) -> float:
        """Return the seconds of a step: a fixed part, and one that grows with what it computes."""
        each = (128 / self.at_128 - 32 / self.at_32) / (128 - 32)
        fixed = 32 / self.at_32 - 32 * each
        return fixed + each * batch * multiply_adds / self.reference

    def evaluation(self, multiply_adds: float) -> float:
        """Return the seconds of one, of all boxes and passes together."""
        return multiply_adds / (self.prediction * REFERENCE_PASSES * self.reference)


ROWS = (
    Row("COCO test-dev2017, AP 77.0, printed twice", "coco-pose@w48-384x288", COCO + AIC, TEST_DEV),
    Row("COCO val2017, AP 78.1", "coco-pose@w48-384x288", COCO, 6_352),
    Row("COCO val2017, AP 77.4", "coco-pose@w48-384x288", COCO, 104_125, "network"),
    Row("MPII test, shoulder 96.9", "mpii-pose@w32-256x256-six-scales", 22_246, 11_731),
    Row("CrowdPose test, AP 72.8", "crowdpose", 48_000, 32_000, "network"),
    Row("300-W full, NME 3.34", "300w", 3_148, 689),
    Row("Human3.6M, MPJPE 53.2", "h36m-lift", 1_559_752, 543_344, "network"),
    Row("ImageNet, top-1 79.5", "imagenet@w64", 1_281_167, 50_000),
    Row("ImageNet, top-1 79.3", "imagenet@w48", 1_281_167, 50_000),
)
OTHERS = (  # what else `hrbench list` names, its defaults
    Row("WFLW", "wflw", 7_500, 2_500),
    Row("COFW", "cofw", 1_345, 507),
    Row("AFLW", "aflw", 20_000, 4_386),
    Row("Human3.6M, single frames", "h36m-pose", 312_188, 109_867),
)


def work(row: Row) -> Work:
    """Count what a row's recipe and protocol compute."""
    loaded = load(row.task, Options(device="cpu"))
    spec = loaded.task.spec
    profiled = kind_of(spec).profiled(loaded.task, loaded.network)
    once = profiled.complexity.multiply_adds
    of_training = once
    if isinstance(loaded.network, TemporalNetwork):  # one frame alone costs more than one more
        frames = torch.zeros((2, loaded.network.head.receptive_field, 17, 2), device=HOLLOW)
        of_training = multiply_adds(loaded.network.to(HOLLOW).train(), frames) // len(frames)
    every, epochs = spec.recipe.validate_every, spec.recipe.epochs
    return Work(
        trained=of_training,
        batch=spec.recipe.batch_size,
        steps=epochs * math.ceil(row.trained / spec.recipe.batch_size),
        measured=float(once) * profiled.passes * row.measured,
        validations=epochs // every if every else 0,
    )


def seconds(found: Work, card: Card) -> tuple[float, float]:
    """Return those of a training, its validations included, and of one evaluation."""
    evaluation = card.evaluation(found.measured)
    steps = found.steps * card.step(found.batch, found.trained)
    return steps + found.validations * evaluation, evaluation


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n", 1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--price", type=float, default=3.0, help="euros of a card for an hour")
    parser.add_argument("--at-128", type=float, default=1645.0, help="images/s of training")
    parser.add_argument("--at-32", type=float, default=943.0, help="the same, at batch 32")
    parser.add_argument("--prediction", type=float, default=1710.0, help="boxes/s, flip test")
    chosen = parser.parse_args()
    require_positive(parser, chosen)
    reference = work(Row("", REFERENCE, 1, 1)).measured / REFERENCE_PASSES
    card = Card(reference, chosen.at_128, chosen.at_32, chosen.prediction)
    print("| row | task | training, h | € | evaluation, s | € | its source does not say |")
    print("|---|---|---|---|---|---|---|")
    sums = [0.0, 0.0]
    for row in (*ROWS, *OTHERS):
        both = seconds(work(row), card)
        sums = [total + more for total, more in zip(sums, both, strict=True)]
        print(line(row.name, f"`{row.task}`", both, chosen.price, row.missing))
        if row is ROWS[-1]:
            print(line("**the ten rows**", "", (sums[0], sums[1]), chosen.price, ""))
    print(line("**the whole suite**", "", (sums[0], sums[1]), chosen.price, ""))


def line(name: str, task: str, both: tuple[float, float], price: float, missing: str) -> str:
    """Return a row of the table."""
    trained, evaluated = both
    euros = [figures(price * taken / HOUR) for taken in both]
    cells = (name, task, figures(trained / HOUR), euros[0], figures(evaluated), euros[1], missing)
    return f"| {' | '.join(cells)} |"


def figures(value: float) -> str:
    """Return a number with two digits that count, and all of those before the point."""
    if value < 0.01:
        return "< 0.01"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


if __name__ == "__main__":
    main()
