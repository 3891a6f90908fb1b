"""The README's table of synthetic results: every task on its built-in set, beside the mean shape.

python benchmarks/synthetic.py [TASK ...]
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench import catalog, world
from hrbench.pipeline import measuring, run, sources
from hrbench.pipeline.classes.job import ClassificationJob
from hrbench.pipeline.job import Job
from hrbench.pipeline.jobs import job_of
from hrbench.pipeline.landmarks.formats import format_of
from hrbench.pipeline.landmarks.job import LandmarkJob
from hrbench.pipeline.lifting import reading
from hrbench.pipeline.lifting.job import LiftingJob
from hrbench.pipeline.options import Options
from hrbench.report.definitions import rounded
from hrbench.report.predictions import Stored
from hrbench.report.record import RunRecord
from hrbench.spec import LandmarkTask

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from pipeline.mean_pose import commonest, mean_joints, mean_pose


@dataclass(frozen=True, slots=True)
class Line:
    """One task's row of the table; `seconds` are of the whole run, a cached set apart."""

    task: str
    metric: str
    mean_shape: float
    value: float
    baseline: float | None  # a ResNet of the same recipe, where the task has one
    official: float | None  # the same weights by the official face pixels
    seconds: float
    samples: int


def measured(task: str, out: Path) -> Line:
    """Return what `hrbench run TASK --data builtin` gives, and what the dullest answer does."""
    spec = catalog.load_task(task, builtin=True)
    dataset = catalog.load_dataset(spec.dataset)
    assert spec.builtin is not None
    root = world.cached(dataset.folder, images=spec.builtin.images, seed=spec.builtin.seed)
    job = job_of(spec, dataset, sources.Source(root, synthetic=True), Options())
    job.look()
    dull = measuring.measure(job, dullest(job))
    started = time.perf_counter()
    record, folder = ran(task, Options(data="builtin", out=str(out)))
    seconds = time.perf_counter() - started
    headline = record.headline
    faces = isinstance(spec, LandmarkTask) and spec.protocol.pixels is not None
    return Line(
        task=task,
        metric=headline,
        mean_shape=dull.metrics[headline].value or 0.0,
        value=record.metrics[headline].value or 0.0,
        baseline=baseline(task, out),
        official=official(task, folder, out) if faces else None,
        seconds=seconds,
        samples=record.n.evaluated,
    )


def dullest(job: Job[Any]) -> Stored:
    """Return one answer everywhere: the training set's mean shape, or its commonest class."""
    if isinstance(job, LandmarkJob):
        people = format_of(job.dataset).training(job.spec, job.dataset, job.source)
        return mean_pose(people, job.looked_at)
    if isinstance(job, LiftingJob):
        clips = reading.training(job.spec, job.dataset, job.source, job.options)
        return mean_joints(clips, job.looked_at.clips)
    assert isinstance(job, ClassificationJob)
    return commonest(job.feed().pictures.labels, len(job.looked_at.pictures))


def baseline(task: str, out: Path) -> float | None:
    """Return the headline of SimpleBaseline's small network."""
    if "tiny-resnet" not in catalog.variants(task):
        return None
    record, _ = ran(f"{task}@tiny-resnet", Options(data="builtin", out=str(out)))
    return record.metrics[record.headline].value


def official(task: str, folder: Path, out: Path) -> float | None:
    """Return the headline of a run's weights when the official face pixels cut and decode."""
    best = str(folder / "checkpoints" / "best.pt")
    options = Options(
        data="builtin", out=str(out), weights=best, overrides=("protocol.pixels=official",)
    )
    record, _ = ran(task, options)
    return record.metrics[record.headline].value


def ran(task: str, options: Options) -> tuple[RunRecord, Path]:
    """Run a task in this process."""
    done = run.run(task, options)
    assert done is not None
    return done


def text(line: Line) -> str:
    """Return a row of the table in Markdown."""
    unit = {"NME": " %", "MPJPE": " mm"}.get(line.metric, "")
    shown = [rounded(line.metric, value) + unit for value in (line.mean_shape, line.value)]
    others = [
        "" if value is None else rounded(line.metric, value) + unit
        for value in (line.baseline, line.official)
    ]
    cells = (f"`{line.task}`", line.metric, *shown, *others, f"{line.seconds:.0f} s")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table, a row as soon as its run has ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", help="all by default")
    chosen = parser.parse_args().tasks or catalog.names("tasks")
    print("| task | metric | mean shape | tiny | tiny-resnet | tiny, official pixels | run |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as out:
        for task in chosen:
            print(text(measured(task, Path(out))), flush=True)


if __name__ == "__main__":
    main()
