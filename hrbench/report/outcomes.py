"""`outcomes.npz`: what each image adds to a run's figures, so that these can be drawn anew.

It is enough for intervals and comparisons, where neither the data nor the network are at hand.
"""

from pathlib import Path

from hrbench.errors import RunError
from hrbench.metrics.outcomes import Outcomes
from hrbench.metrics.registry import METRICS
from hrbench.report import stored
from hrbench.report.record import RunRecord

FILE = "outcomes.npz"


def write(folder: Path, outcomes: Outcomes) -> None:
    """Write the file of a run, whole or not at all."""
    stored.write(folder / FILE, outcomes)


def read(folder: Path, record: RunRecord) -> Outcomes:
    """Return what each image adds to the figures of a run.

    Raises:
        RunError: the run has no such file, or it is not whole.
    """
    kind = METRICS[str(record.protocol["metric"])].outcomes
    again = f"`hrbench score {folder}` makes it again"
    found = stored.read(folder / FILE, kind, missing=again, spoilt=again)
    try:
        found.once()
    except (ValueError, IndexError, TypeError) as error:  # NumPy's, of arrays that do not fit
        path = folder / FILE
        raise RunError(f"{path} is not whole: its arrays do not fit ({error}); {again}") from error
    return found
