"""CUDA graphs: a function of tensors whose kernels a card repeats without launching each."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from hrbench.engine.execution import why

Tensors: TypeAlias = tuple[Tensor, ...]
WARM_UPS = 3  # calls before the capture, in which libraries choose their kernels


class Recorder(Protocol):
    """What captures: a card, or what stands for one in a test."""

    def beside(self) -> AbstractContextManager[None]:
        """Return the context in which calls before the capture are computed."""

    def record(self, function: Callable[[], Tensors]) -> tuple[Callable[[], object], Tensors]:
        """Capture a call without computing it; return what does, and where it leaves its results.

        Raises:
            RuntimeError: it cannot be captured.
        """


class Card:
    """A CUDA card, with the stream that graphs are captured on."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.stream = device, torch.cuda.Stream(device)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Compute on that stream, in the order of the calls."""
        current = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream):
            yield
        current.wait_stream(self.stream)

    def record(self, function: Callable[[], Tensors]) -> tuple[Callable[[], object], Tensors]:
        """Capture a call as a graph; what it computes is there after a replay only."""
        graph = torch.cuda.CUDAGraph()
        with (
            # A capture that fails leaves its stream the current one.
            torch.cuda.stream(torch.cuda.current_stream(self.device)),
            # Other threads may go on with a card meanwhile, which no other mode allows.
            torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local"),
        ):
            results = function()
        return graph.replay, results


class Captured:
    """A function of tensors that is captured after a few calls, and replayed from then on.

    It may change other tensors in place (weights, statistics), as long as nothing it does depends
    on their values: that, and every number that is not in a tensor, is captured as it was. The
    first calls count like any others. Where the batch has another size the function is called.

    Args:
        function: of tensors with a row per sample, to tensors.
        size: the number of rows of the calls that are replayed.
        recorder: what captures.
    """

    def __init__(self, function: Callable[..., Tensors], size: int, recorder: Recorder) -> None:
        self.function, self.size, self.recorder = function, size, recorder
        self.reason = ""  # why it cannot be captured, in words
        self._calls = 0
        self._replay: Callable[[], object] | None = None
        self._inputs: Tensors = ()
        self._results: Tensors = ()

    @property
    def replays(self) -> bool:
        """Whether it has been captured."""
        return self._replay is not None

    def renew(self) -> None:
        """Capture anew at the next call: a number that is not in a tensor has changed."""
        self._replay, self._inputs, self._results = None, (), ()

    def __call__(self, *inputs: Tensor) -> Tensors:
        """Return what the function does; the next call overwrites it."""
        if self.reason or len(inputs[0]) != self.size:
            return self.function(*inputs)
        if self._calls < WARM_UPS:
            self._calls += 1
            with self.recorder.beside():
                return self.function(*inputs)
        replay = self._replay or self._capture(inputs)
        if replay is None:
            return self.function(*inputs)
        for kept, given in zip(self._inputs, inputs, strict=True):
            kept.copy_(given, non_blocking=True)
        replay()
        return self._results

    def _capture(self, inputs: Tensors) -> Callable[[], object] | None:
        self._inputs = tuple(torch.empty_like(given) for given in inputs)
        try:
            recorded = self.recorder.record(lambda: self.function(*self._inputs))
        except RuntimeError as error:
            self.renew()
            before = error.__context__  # to end a capture in which something failed fails as well
            self.reason = why(before if isinstance(before, RuntimeError) else error)
            return None
        self._replay, self._results = recorded
        return self._replay
