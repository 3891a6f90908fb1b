"""Sigmas of one's own keypoints, from repeated annotations of the same images."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrbench.errors import DataError
from hrbench.files.json_files import read_json
from hrbench.formats.coco import categories, repeats
from hrbench.metrics.sigmas import FEWEST, Sigmas, estimate
from hrbench.report.text_table import Table, terminal

FIGURES = 3  # significant; ten repeats give less than one


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a file's repeated annotations say of each keypoint."""

    file: Path
    keypoints: tuple[str, ...]
    sigmas: Sigmas

    @property
    def line(self) -> str:
        """The line for the dataset's TOML file; empty while one sigma is not known."""
        if any(self.sigmas.reasons):
            return ""
        return f"sigmas = [{', '.join(map(_rounded, self.sigmas.values.tolist()))}]"

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        rows = [
            {
                "name": name,
                "sigma": None if reason else value,
                "reason": reason,
                "objects": objects,
                "repeats": again,
            }
            for name, value, reason, objects, again in self._rows()
        ]
        return {"file": str(self.file), "keypoints": rows, "line": self.line}

    def text(self, width: int, *, colour: bool) -> str:
        """Return it for a reader."""
        cells = tuple(
            (name, "none" if reason else _rounded(value), str(objects), str(again), reason)
            for name, value, reason, objects, again in self._rows()
        )
        table = Table(
            title=f"Sigmas from {self.file}",
            header=("keypoint", "sigma", "objects", "repeats", ""),
            rows=cells,
            right=frozenset({"sigma", "objects", "repeats"}),
            below=("", self.line or self._advice()),
        )
        return terminal([table], width, colour=colour)

    def _advice(self) -> str:
        return (
            "There is no AP before all of them are known: annotate more objects again, until "
            f"every keypoint has {FEWEST} repeats."
        )

    def _rows(self) -> list[tuple[str, float, str, int, int]]:
        sigmas = self.sigmas
        columns = sigmas.values.tolist(), sigmas.reasons, sigmas.objects.tolist()
        return list(zip(self.keypoints, *columns, sigmas.repeats.tolist(), strict=True))


def sigmas(file: Path) -> Estimate:
    """Return the sigmas that a file in COCO's keypoint format lets estimate.

    Raises:
        DataError: it cannot be read, has a fault, names no keypoints, or repeats none.
    """
    names = categories.of_file(file, read_json(file)).keypoints
    repeated = repeats.read(file, len(names))
    estimated = estimate(repeated.keypoints, repeated.labelled, repeated.areas, repeated.objects)
    if not estimated.repeats.any():
        raise DataError(
            f"{file}: no object is annotated twice, so nothing says how far annotations differ; "
            "let several people annotate the same images"
        )
    return Estimate(file, names, estimated)


def _rounded(value: float) -> str:
    digits = FIGURES - 1 - math.floor(math.log10(value))
    return f"{value:.{max(digits, 0)}f}"
