"""The README's table of synthetic results: every task on its built-in set, beside the mean shape.

    python benchmarks/synthetic.py [TASK ...] [--seeds 0 1 2] [--json FILE]

With several seeds each cell is the mean, and the smallest and the largest in brackets. Other
processors compute with other kernels, which moves figures too; one machine has several:

    ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 python benchmarks/synthetic.py --json avx2.json
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mean_pose import commonest, mean_joints, mean_pose

from hrbench import catalog, world
from hrbench.begun.options import Options
from hrbench.commands import run
from hrbench.engine.runtime import devices
from hrbench.formats import location
from hrbench.formats import registry as formats
from hrbench.kinds.classes.task import Classification
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.kinds.lifting import reading
from hrbench.kinds.lifting.task import Lifting
from hrbench.kinds.registry import task_of
from hrbench.report.definitions import rounded
from hrbench.report.environment import environment, hardware
from hrbench.report.predictions import Stored
from hrbench.report.record import RunRecord
from hrbench.road import measuring
from hrbench.spec import LandmarkTask

KERNELS = ("ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY")  # that choose how torch computes


@dataclass(frozen=True, slots=True)
class Result:
    """What one seed of one task came to; `seconds` are of the whole run, a cached set apart."""

    task: str
    metric: str
    seed: int
    mean_shape: float
    tiny: float
    baseline: float | None  # a ResNet of the same recipe, where the task has one
    official: float | None  # the same weights by the official face pixels
    seconds: float


def measured(task: str, seed: int, out: Path) -> Result:
    """Return what `hrbench run TASK --data builtin` gives, and what the dullest answer does."""
    spec = catalog.load_task(task, builtin=True)
    dataset = catalog.load_dataset(spec.dataset)
    assert spec.builtin is not None
    root = world.cached(dataset.folder, images=spec.builtin.images, seed=spec.builtin.seed)
    walked = task_of(spec, dataset, location.DataRoot(root, synthetic=True), Options())
    evaluation = walked.evaluation()
    dull = measuring.measure(walked, evaluation, dullest(walked, evaluation))
    options = Options(data="builtin", out=str(out), seed=seed)
    started = time.perf_counter()
    record, folder = ran(task, options)
    seconds = time.perf_counter() - started
    faces = isinstance(spec, LandmarkTask) and spec.protocol.pixels is not None
    return Result(
        task=task,
        metric=record.headline,
        seed=seed,
        mean_shape=dull.metrics[record.headline].value or 0.0,
        tiny=record.metrics[record.headline].value or 0.0,
        baseline=baseline(task, options),
        official=official(task, folder, out) if faces else None,
        seconds=seconds,
    )


def dullest(task: AnyTask, evaluation: Any) -> Stored:
    """Return one answer everywhere: the training set's mean shape, or its commonest class."""
    if isinstance(task, Landmarks):
        people = formats.training(task.spec, task.dataset, task.data_root)
        return mean_pose(people, evaluation)
    if isinstance(task, Lifting):
        clips = reading.training(task.spec, task.dataset, task.data_root, task.options).clips
        return mean_joints(clips, evaluation.clips)
    assert isinstance(task, Classification)
    feed: Any = task.training(evaluation).feed
    return commonest(feed.pictures.labels, len(evaluation.pictures))


def baseline(task: str, options: Options) -> float | None:
    """Return the headline of SimpleBaseline's small network."""
    if "tiny-resnet" not in catalog.variants(task):
        return None
    record, _ = ran(f"{task}@tiny-resnet", options)
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


def row(results: Sequence[Result]) -> str:
    """Return a row of the table in Markdown: the seeds of one task."""
    first = results[0]
    columns: list[list[float | None]] = [
        [result.mean_shape for result in results[:1]],  # the same with every seed
        [result.tiny for result in results],
        [result.baseline for result in results],
        [result.official for result in results],
    ]
    cells = [cell(first.metric, [v for v in column if v is not None]) for column in columns]
    seconds = statistics.mean(result.seconds for result in results)
    return f"| {' | '.join((f'`{first.task}`', first.metric, *cells, f'{seconds:.0f} s'))} |"


def cell(metric: str, values: Sequence[float]) -> str:
    """Return the mean, and where there are several, how far they lie apart."""
    if not values:
        return ""
    unit = {"NME": " %", "MPJPE": " mm"}.get(metric, "")
    mean = rounded(metric, statistics.mean(values)) + unit
    if len(values) == 1:
        return mean
    return f"{mean} ({rounded(metric, min(values))} to {rounded(metric, max(values))})"


def content(results: Sequence[Result]) -> dict[str, Any]:
    """Return what `--json` writes: every seed, and what it was computed on."""
    chosen = {name: os.environ[name] for name in KERNELS if name in os.environ}
    machine: dict[str, Any] = hardware("auto") | environment() | devices() | chosen
    return {"machine": machine, "results": [asdict(result) for result in results]}


def main() -> None:
    """Print the table, a row as soon as its runs have ended."""
    words, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="all by default")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], help="of weights and samples")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    chosen = parser.parse_args()
    print("| task | metric | mean shape | tiny | tiny-resnet | tiny, official pixels | run |")
    print("|---|---|---|---|---|---|---|")
    done: list[Result] = []
    with tempfile.TemporaryDirectory() as out:
        for task in chosen.tasks or catalog.names("tasks"):
            of_task = []
            for seed in chosen.seeds:
                of_task.append(measured(task, seed, Path(out)))
                if chosen.json is not None:
                    told = content([*done, *of_task])
                    chosen.json.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
            done += of_task
            print(row(of_task), flush=True)


if __name__ == "__main__":
    main()
