"""The README's table of synthetic results: every task on its built-in set, beside the mean shape.

python benchmarks/synthetic.py [TASK ...]
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hrbench import catalog, world
from hrbench.pipeline import measuring, run, sources
from hrbench.pipeline.formats import format_of
from hrbench.pipeline.options import Options
from hrbench.report.definitions import rounded
from hrbench.report.record import RunRecord

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from pipeline.mean_pose import mean_pose


@dataclass(frozen=True, slots=True)
class Line:
    """One task's row of the table; `seconds` are of the whole run, a cached set apart."""

    task: str
    metric: str
    mean_shape: float
    value: float
    official: float | None  # the same weights by the official face pixels
    seconds: float
    images: int


def measured(task: str, out: Path) -> Line:
    """Return what `hrbench run TASK --data builtin` gives, and what the mean shape does."""
    spec = catalog.load_task(task, builtin=True)
    dataset = catalog.load_dataset(spec.dataset)
    assert spec.builtin is not None
    root = world.cached(dataset.name, images=spec.builtin.images, seed=spec.builtin.seed)
    read, source = format_of(dataset), sources.Source(root, synthetic=True)
    training = read.training(spec, dataset, source)
    looked_at = read.evaluation(spec, dataset, source, boxes=spec.protocol.boxes, limit=None)
    dull = measuring.measure(spec, dataset, mean_pose(training, looked_at), looked_at)
    started = time.perf_counter()
    record, folder = ran(task, Options(data="builtin", out=str(out)))
    seconds = time.perf_counter() - started
    headline = record.headline
    return Line(
        task=task,
        metric=headline,
        mean_shape=dull.metrics[headline].value or 0.0,
        value=record.metrics[headline].value or 0.0,
        official=official(task, folder, out) if spec.protocol.pixels else None,
        seconds=seconds,
        images=len(looked_at.image_ids),
    )


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
    unit = " %" if line.metric == "NME" else ""
    shown = [rounded(line.metric, value) + unit for value in (line.mean_shape, line.value)]
    other = "" if line.official is None else rounded(line.metric, line.official) + unit
    cells = (f"`{line.task}`", line.metric, *shown, other, f"{line.seconds:.0f} s")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table, a row as soon as its run has ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", help="all by default")
    chosen = parser.parse_args().tasks or catalog.names("tasks")
    print("| task | metric | mean shape | tiny | tiny, official pixels | run |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as out:
        for task in chosen:
            print(text(measured(task, Path(out))), flush=True)


if __name__ == "__main__":
    main()
