"""Folders as runs leave them, to make reports of."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from report.records import record

from hrbench.report import cases
from hrbench.report.cases import Case
from hrbench.report.record import RunRecord
from hrbench.report.runs import Runs

HOSTILE = "<script>document.title='hurt'</script>"  # in a name, out of some file
EPOCHS = 4
CURVE = {"recall": [0.0, 50.0, 100.0], "AP": [100.0, 60.0, 0.0], "AP50": [100.0, 90.0, None]}


def left(folder: Path, *, pictures: int = 0, epochs: int = EPOCHS, **replaced: Any) -> RunRecord:
    """Leave the folder of a run; keyword arguments replace what its record says."""
    folder.mkdir(parents=True)
    made = record(**replaced)
    made.write(folder)
    with (folder / "log.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("step", "epoch", "loss", "metric", "value", "best"))
        for epoch in range(1, epochs + 1):
            lines.writerow((10 * epoch, epoch, 1 / epoch, "", "", ""))
            lines.writerow((10 * epoch, epoch, "", "AP", 10 * epoch, 10 * epoch))
    if pictures:
        _cases(folder, pictures)
    return made


def _cases(folder: Path, count: int) -> None:
    """Leave pictures that JPEG cannot make small."""
    (folder / cases.FOLDER).mkdir()
    drawn = []
    for number in range(count):
        noise = np.random.default_rng(number).integers(0, 255, (360, 360, 3), dtype=np.uint8)
        name = f"worst-{number}.jpg"
        Image.fromarray(noise).save(folder / cases.FOLDER / name, quality=95)
        drawn.append(Case("worst", f"{number}", f"{100 + number}", "a.jpg", 0.5, "OKS 0.50", name))
    cases.write(folder, drawn)


def found(*runs: tuple[Path, RunRecord], **replaced: Any) -> Runs:
    """Return runs as `runs.load` gives them."""
    return Runs(tuple(f for f, _ in runs), tuple(r for _, r in runs), **replaced)
