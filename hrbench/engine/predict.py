"""Prediction: every box of a split through the network, to what is read from its maps."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any, TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.loader import ImageCrops, prediction_batches, rows_by_image
from hrbench.engine.inference import See
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime

Columns = dict[str, NDArray[Any]]  # by name, a row per box
Read: TypeAlias = tuple[NDArray[Any], ...]  # what `See` gives, on the host
Place = Callable[[Read, NDArray[np.int64]], Columns]  # that and the boxes' rows to columns
K = TypeVar("K")  # what a batch is of


@torch.inference_mode()
def predict(
    see: See,
    place: Place,
    crops: ImageCrops,
    runtime: Runtime,
    *,
    batch_size: int,
    workers: int,
    title: str = "predicting",
) -> Columns:
    """Return what the network says of every box of `crops`, in its order, on every process.

    Each image is read by one process.
    """
    people, device = crops.people, runtime.device
    images = list(rows_by_image(people))[runtime.rank :: runtime.world]
    own = np.flatnonzero(np.isin(people.image, images))
    columns: Columns = {}
    batches = prediction_batches(
        crops, images, batch_size, workers=workers, pin=device.type == "cuda"
    )
    with Steps(title, len(own), shown=runtime.leads) as steps, closing(batches):
        flat = ((batch_rows, pixels.flatten(0, 1)) for batch_rows, pixels in batches)
        for batch_rows, read in overlapped(flat, see, device):
            _keep(columns, len(people), batch_rows, place(read, batch_rows))
            steps.advance(len(batch_rows))
    if runtime.world > 1:
        found = {name: values[own] for name, values in columns.items()}
        for rows, theirs in runtime.gather((own, found)):
            _keep(columns, len(people), rows, theirs)
    return columns


def overlapped(
    batches: Iterable[tuple[K, Tensor]], see: See, device: torch.device
) -> Iterator[tuple[K, Read]]:
    """Yield what is seen of each batch, in order, each once the next is under way.

    So a card computes while the host works with what it gave before, and while the next batch
    is copied to it; nothing waits for it but for a batch that is done by then, mostly.
    """
    upload, before = Upload(device), None
    for key, inputs in batches:
        launched = key, Download(see(upload(inputs)), device)
        if before is not None:
            yield before[0], before[1].read()
        before = launched
    if before is not None:
        yield before[0], before[1].read()


class Upload:
    """Copies batches to a device; to a card beside what it computes, from pinned memory."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    def __call__(self, inputs: Tensor) -> Tensor:
        if self._stream is None:
            return inputs.to(self.device)
        with torch.cuda.stream(self._stream):
            moved = inputs.pin_memory().to(self.device, non_blocking=True)
        current = torch.cuda.current_stream(self.device)
        current.wait_stream(self._stream)
        moved.record_stream(current)
        return moved


class Download:
    """Results on their way to the host, in the order of what a card computes."""

    def __init__(self, results: tuple[Tensor, ...], device: torch.device) -> None:
        # Into pinned memory, as torch has it where a card's copies are not waited for.
        self._results = tuple(result.to("cpu", non_blocking=True, copy=True) for result in results)
        self._done = torch.cuda.Event() if device.type == "cuda" else None
        if self._done is not None:
            self._done.record(torch.cuda.current_stream(device))

    def read(self) -> Read:
        """Return the results, once they are there."""
        if self._done is not None:
            self._done.synchronize()
        return tuple(result.numpy() for result in self._results)


def on_host(results: tuple[Tensor, ...]) -> Read:
    """Return results where the host reads them, once they are there."""
    return tuple(result.cpu().numpy() for result in results)


def _keep(columns: Columns, count: int, rows: NDArray[np.int64], found: Columns) -> None:
    """Put what was found of some rows into columns of `count`, so that it is there once."""
    for name, values in found.items():
        if name not in columns:
            columns[name] = np.empty((count, *values.shape[1:]), dtype=values.dtype)
        columns[name][rows] = values
