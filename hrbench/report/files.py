"""The files of a run that its record answers for, each by its SHA-256."""

import hashlib
from pathlib import Path

from hrbench.report import draws, outcomes, predictions
from hrbench.report.run_folders import DATASET, DIVISION, SPEC

WEIGHTS = "checkpoints/best.pt"
LAST = "checkpoints/last.pt"  # from which training goes on; no record answers for it
KEPT = (SPEC, DATASET, DIVISION, predictions.FILE, outcomes.FILE, draws.FILE, WEIGHTS)


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(run_folder: Path) -> dict[str, str]:
    """Return those of the files that a run has left."""
    return {name: sha256(run_folder / name) for name in KEPT if (run_folder / name).is_file()}
