"""TensorBoard's event files, in the folder of the run."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from hrbench.tracking.store import Store, Tracked, told_by

NAME = "tensorboard"


class EventFiles(Store):
    """Scalars, pictures and texts of one run, and its parameters for the page HPARAMS.

    Each row is flushed, so that the files can be read however the run ends. One that goes on
    writes another file beside those of before.
    """

    library = "tensorboard"

    def __init__(self, run: Tracked) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  takes a second
        from torch.utils.tensorboard.summary import hparams  # noqa: PLC0415

        self.look = f"tensorboard --logdir {shlex.quote(str(run.folder.parent))}"
        with told_by(NAME):
            self.writer = cast("Any", SummaryWriter(str(run.folder)))
            # Of the three summaries the first lists the figures of all runs, which are not known
            # yet: without it, TensorBoard looks for them itself.
            _, self._started, self._ended = hparams(dict(run.parameters), {})
            self.writer.file_writer.add_summary(self._started)
            self.writer.flush()

    def goes_on(self, step: int) -> None:
        """Let TensorBoard hide what a process that was killed has written of later steps."""
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog  # noqa: PLC0415

        start = SessionLog(status=SessionLog.START)
        with told_by(NAME):
            self.writer.file_writer.add_event(Event(session_log=start), step + 1)
            self.writer.flush()

    def figures(self, values: Mapping[str, float], step: int) -> None:
        """Write scalars."""
        with told_by(NAME):
            for name, value in values.items():
                self.writer.add_scalar(name, value, step)
            self.writer.flush()

    def picture(self, path: Path, step: int) -> None:
        """Write a picture."""
        import numpy as np  # noqa: PLC0415
        from PIL import Image  # noqa: PLC0415

        with told_by(NAME), Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
            self.writer.add_image(path.stem, pixels, step, dataformats="HWC")
            self.writer.flush()

    def files(self, paths: Sequence[Path], step: int) -> None:
        """Write texts as they stand."""
        with told_by(NAME):
            for path in paths:
                text = "".join(f"    {line}\n" for line in path.read_text("utf-8").splitlines())
                self.writer.add_text(path.name, text, step)
            self.writer.flush()

    def close(self, error: type[BaseException] | None) -> None:
        """Close the file; a run that has ended well is marked so."""
        with told_by(NAME):
            if error is None:
                self.writer.file_writer.add_summary(self._ended)
            self.writer.close()
