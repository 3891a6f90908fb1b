"""Time the feeding of samples from prepared images, beside the official order from JPEG files.

    python benchmarks/prepared.py [--samples 192] [--images 16] [--boxes 20] [--workers 0]

As `feed.py`, whose two races these are, but on one core: the process that takes the samples makes
them. `hrbench prepare` has decoded the images beforehand, which is timed here too and stands in
no race.
"""

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import feed
import numpy as np
from workload import Workload, arguments, people, with_boxes, workload

from hrbench.data.prepared import Wanted
from hrbench.data.prepared_fit import opened
from hrbench.data.preparing import planned, write
from hrbench.data.sample import People
from hrbench.data.workers import living
from hrbench.spec import Augment


def ready(load: Workload, of: People, augment: Augment | None, folder: Path) -> People:
    """Return people whose images are prepared in a folder; say how large it is, and how long."""
    edges = load.cutting.reach(of, augment)
    wanted = Wanted("benchmark", of, load.cutting.read, edges, of.images[0].parent)
    started, plan = time.perf_counter(), planned(wanted)
    images = sum(write(wanted, plan, folder, workers=0))
    rate = images / (time.perf_counter() - started)
    size = f"{plan.bytes / 1e6:.1f} MB, {plan.bytes / plan.whole_bytes:.0%} of the pixels"
    print(f"prepared: {size}; {rate:.0f} images a second")
    return replace(of, prepared=opened(folder, wanted))


def main() -> None:
    """Race both feeds."""
    chosen = arguments(__doc__, rounds=5, samples=192, images=16, boxes=20, workers=0)
    load = workload()
    persons = people(load, feed.IMAGES)
    few = persons.in_images(persons.image_ids[: chosen.images])
    boxes = with_boxes(few, chosen.boxes, np.random.default_rng(chosen.seed))
    with TemporaryDirectory() as scratch, living():
        trained = ready(load, persons, load.spec.augment, Path(scratch, "training"))
        feed.training(load, trained, chosen.samples, chosen.workers, chosen.rounds, chosen.seed)
        measured = ready(load, boxes, None, Path(scratch, "evaluation"))
        feed.evaluation(load, measured, chosen.workers, chosen.rounds)


if __name__ == "__main__":
    main()
