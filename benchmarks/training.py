"""Time the training of HRNet-W32 as `hrbench run` does it, from images on disk, on a card.

    python benchmarks/training.py --device cuda [--batch 128] [--steps 120] [--workers 15]

Samples are read, cut and augmented by worker processes; the figures are those of `log.csv`, without
its first row, in which the graph is captured and the workers start. The official side is its step
alone, in fp32 as it runs by default, on samples that are in memory: it waits for none.
"""

import csv
import statistics
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import peer
import torch
from numpy.typing import NDArray
from sidebyside import clock, figure
from training_step import ON_CARD, made, official_steps
from workload import IMAGE_SIZE, arguments, workload

from hrbench import world
from hrbench.begun.options import Options
from hrbench.engine.runtime import Runtime
from hrbench.engine.train import Feed, Trainer
from hrbench.formats.location import DataRoot
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.road import building, training


@dataclass(frozen=True, slots=True)
class Longer:
    """The samples of a feed over and over, as one long epoch."""

    feed: Feed[Any]
    count: int

    def __len__(self) -> int:
        return self.count

    def batches(
        self, batches: Sequence[NDArray[np.int64]], epoch: int, *, workers: int, pin: bool
    ) -> Generator[Any]:
        rows = [batch % len(self.feed) for batch in batches]
        return self.feed.batches(rows, epoch, workers=workers, pin=pin)

    def some(self, count: int) -> Any:
        return self.feed.some(count)


def main() -> None:
    """Train for some steps, and print the row of `log.csv` in the middle."""
    chosen = arguments(__doc__, devices=True, batch=128, steps=120, images=400, workers=15)
    if chosen.device.type != "cuda":
        print("needs a CUDA card (--device cuda); nothing measured")
        return
    with tempfile.TemporaryDirectory(prefix="hrbench-") as folder:
        job = trainer(Path(folder), chosen.device, chosen)
        job.fit(lambda: None)
        rows = list(csv.DictReader((Path(folder) / "log.csv").read_text().splitlines()))[1:]
        rate, waits = (
            statistics.median(float(row[name]) for row in rows)
            for name in ("samples_per_second", "data_wait_share")
        )
    execution = job.step.execution
    print(f"path: {'; '.join((execution.path, execution.memory_format, *execution.reasons))}")
    del job
    torch.cuda.empty_cache()
    trained, theirs = made(chosen.batch, chosen.seed, chosen.device, ON_CARD), peer.load()
    steps = official_steps(trained, theirs)
    steps(ON_CARD)
    official = chosen.batch * ON_CARD / clock(lambda: steps(ON_CARD))
    name = f"{workload().spec.model.backbone} training by hrbench run, batch {chosen.batch}"
    figure(f"{name}, {execution.precision}", "images/s", rate, official, peer.who(theirs.mse))
    figure(f"{name}, data wait", "% of the time", 100 * waits)


def trainer(folder: Path, device: torch.device, chosen: Any) -> Trainer[Any]:
    """Return the training of the recipe on synthetic images, of so many steps."""
    load, root = workload(), world.cached("coco", images=chosen.images, seed=0, size=IMAGE_SIZE)
    keys = {"batch_size": chosen.batch, "epochs": 1, "milestones": (), "precision": "bf16"}
    spec = load.spec.model_copy(update={"recipe": load.spec.recipe.model_copy(update=keys)})
    options = Options(workers=chosen.workers)
    task = Landmarks(spec, load.dataset, DataRoot(root, synthetic=True), options)
    evaluation, runtime = task.evaluation(), Runtime(device)
    built = building.build(task, evaluation, task.training(evaluation), runtime)
    if built.training is None:
        raise ValueError("nothing is trained")
    feed = Longer(built.training.feed, chosen.batch * chosen.steps)
    return training.trainer_of(task, built, feed, runtime, folder)


if __name__ == "__main__":
    main()
