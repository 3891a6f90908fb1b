"""Processes that read samples: they live as long as a run, and write bytes where others read them.

Pictures go into memory that is shared and used over again, which no message carries and no page of
which is made twice; what else belongs to samples is small and comes as a message.
"""

import ctypes
import signal
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from multiprocessing import RawArray
from typing import Any, Generic, Protocol, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from hrbench.data import remarks
from hrbench.errors import DataError

PART = 32  # samples that a process reads at once, if it can be chosen
AHEAD = 2  # parts that each process is given beforehand
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
LARGEST, KEPT = 32 << 20, 256 << 20  # bytes: the most of one block that glibc takes, and of all
Rows = NDArray[np.int64]
Rest = TypeVar("Rest")
Rest_co = TypeVar("Rest_co", covariant=True)
Answer = tuple[Rest, remarks.Remarks] | DataError


class Source(Protocol[Rest_co]):
    """Samples with pictures; those that are equal read the same."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the bytes of one sample."""

    def fill(self, out: NDArray[np.uint8], rows: Rows, epoch: int) -> Rest_co:
        """Write the (n, *shape) bytes of some samples, and return what else they have.

        Raises:
            DataError: a file cannot be read.
        """


def batches(
    source: Source[Rest],
    parts: Sequence[Rows],
    sizes: Sequence[int],
    epoch: int = 0,
    *,
    workers: int,
    pin: bool,
) -> Generator[tuple[Tensor, list[Rest]]]:
    """Yield the (size, *shape) bytes of samples in batches, and the rest of parts as they begin.

    Args:
        source: what is read.
        parts: rows that one process reads at once; all of them are as many as all sizes.
        sizes: of the batches.
        epoch: of which samples draw.
        workers: processes that read; none: this one does.
        pin: whether to put them where a card copies from without waiting.

    Raises:
        DataError: a file cannot be read.
    """
    left = np.empty((0, *source.shape), dtype=np.uint8)
    with closing(_read(source, parts, epoch, workers)) as read:
        for size in sizes:
            images = torch.empty((size, *source.shape), dtype=torch.uint8, pin_memory=pin)
            filled, rests = 0, list[Rest]()
            while filled < size:
                if not len(left):
                    left, rest = next(read)
                    rests.append(rest)
                taken, left = left[: size - filled], left[size - filled :]
                images[filled : filled + len(taken)] = torch.from_numpy(taken)
                filled += len(taken)
            yield images, rests


def split(rows: Sequence[Rows]) -> list[Rows]:
    """Return the rows of batches in parts of `PART` at most."""
    return [part for batch in rows for part in np.split(batch, range(PART, len(batch), PART))]


@contextmanager
def living() -> Iterator[None]:
    """Let the processes that read here live on, for whoever reads the same again; end them then."""
    if _LIVING.kept:
        yield
        return
    _LIVING.kept = True
    try:
        yield
    finally:
        _LIVING.kept = False
        _LIVING.readers.clear()


def _read(
    source: Source[Rest], parts: Sequence[Rows], epoch: int, workers: int
) -> Generator[tuple[NDArray[np.uint8], Rest]]:
    """Yield the bytes of each part, which stay until the next is asked for, and the rest."""
    most = max(map(len, parts), default=0)
    if not workers:
        room = np.empty((most, *source.shape), dtype=np.uint8)
        for rows in parts:
            yield room[: len(rows)], source.fill(room[: len(rows)], rows, epoch)
        return
    readers = _LIVING.readers.pop((source, workers), None)
    if readers is None or readers.most < most:
        readers = Readers(source, workers, most)
    whole = False
    try:
        for (slot, rows), answer in readers.answers(parts, epoch):
            if isinstance(answer, DataError):
                raise answer  # here: torch would wrap it in a traceback
            rest, odd = answer
            remarks.add([odd])
            yield readers.slots[slot, : len(rows)], rest
        whole = True
    except GeneratorExit:
        whole = True
        raise
    finally:
        if whole and _LIVING.kept:
            _LIVING.readers[source, workers] = readers
        # Else they end now: a traceback would hold them until the process waits for them.
        del readers


class Readers(Generic[Rest]):
    """Processes that read one source, and the memory that they write its bytes into."""

    def __init__(self, source: Source[Rest], workers: int, most: int) -> None:
        # A part is given out when the one that was given that long before is asked for, which is
        # copied after that: so one slot more than parts are under way.
        count = AHEAD * workers + 1
        self.most = most  # samples of a part
        shape = (count, most, *source.shape)
        memory = RawArray("B", max(1, int(np.prod(shape))))
        self.slots = np.ndarray(shape, np.uint8, memory)
        self._order = _Order(count)
        with _as_asked():
            self._loader: DataLoader[Answer[Rest]] = DataLoader(
                _Filling(source, memory, shape),
                batch_size=None,
                sampler=self._order,
                num_workers=workers,
                prefetch_factor=AHEAD,
                collate_fn=_as_it_is,
                worker_init_fn=_begin_worker,
                persistent_workers=True,
                generator=torch.Generator(),  # not the one that networks draw from
            )

    def answers(
        self, parts: Sequence[Rows], epoch: int
    ) -> Iterator[tuple[tuple[int, Rows], Answer[Rest]]]:
        """Return the slot and the rows of each part, beside what was said of it."""
        self._order.parts, self._order.epoch = parts, epoch
        slots = (n % self._order.slots for n in range(len(parts)))
        with _as_asked():
            items = iter(self._loader)
        return zip(zip(slots, parts, strict=True), items, strict=True)


class _Order:
    """Gives each part a slot, in turn; torch asks for it anew at the beginning of an epoch."""

    def __init__(self, slots: int) -> None:
        self.slots, self.epoch = slots, 0
        self.parts: Sequence[Rows] = ()

    def __iter__(self) -> Iterator[tuple[int, Rows, int]]:
        for number, rows in enumerate(self.parts):
            yield number % self.slots, rows, self.epoch


class _Filling(Dataset[Answer[Rest]]):
    """Reads parts into their slots, in a process of its own; says what was odd in their files."""

    def __init__(self, source: Source[Rest], memory: Any, shape: tuple[int, ...]) -> None:
        self.source, self.memory, self.shape = source, memory, shape

    def __getitem__(self, index: tuple[int, Rows, int]) -> Answer[Rest]:
        slot, rows, epoch = index
        slots: NDArray[np.uint8] = np.ndarray(self.shape, np.uint8, self.memory)
        try:
            rest = self.source.fill(slots[slot, : len(rows)], rows, epoch)
        except DataError as error:
            return error
        return rest, remarks.taken()


class _Living:
    """The readers that wait for more, by what they read; none where nobody will ask again."""

    def __init__(self) -> None:
        self.kept = False
        self.readers: dict[tuple[Source[Any], int], Readers[Any]] = {}


_LIVING = _Living()


@contextmanager
def _as_asked() -> Iterator[None]:
    """Let a user have more processes that read than there are cores."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="This DataLoader will create")
        yield


def _as_it_is(item: object) -> object:
    return item


def _begin_worker(_: int) -> None:
    _keep_freed_memory()
    cv2.setNumThreads(0)  # the workers are as many as the cores that are meant for reading
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to all; the main process ends us
        signal.signal(number, signal.SIG_IGN)


def _keep_freed_memory() -> None:
    """Let the C library keep what pictures leave free, for the next ones.

    glibc gives it back to the system each time and takes it anew page by page, which lasts half as
    long as decoding. Others are not told.
    """
    with suppress(AttributeError, OSError, TypeError):
        tell = ctypes.CDLL(None).mallopt
        tell(MMAP_THRESHOLD, LARGEST)
        tell(TRIM_THRESHOLD, KEPT)
