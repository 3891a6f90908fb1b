"""One optimiser step: what is computed of a batch, by the fastest path that can be had."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from hrbench.engine import optimizing
from hrbench.engine.compiling import Compiled
from hrbench.engine.execution import EAGER, PATHS, Execution, Format
from hrbench.engine.graphs import Captured, Card, Recorder, Tensors
from hrbench.engine.runtime import Runtime
from hrbench.spec import Recipe

B = TypeVar("B")  # a batch
SHORT = ("tf32", "bf16")  # coarser than any order of sums makes a difference
KNOWN = ("cpu", "cuda")  # devices for whose libraries it is known to be faster
TOO_FEW = "no CUDA graph: the training had too few steps for one"
CHANGING = "not compiled: batch normalisation's momentum is another in every epoch"


@dataclass(frozen=True, slots=True)
class Plan:
    """A recipe, and what else decides the steps of one training."""

    recipe: Recipe
    seed: int
    workers: int  # processes that read samples
    max_norm: optimizing.Clipped = "none"
    momentum: tuple[float, float] | None = None  # of batch normalisation, at first and at last
    layer_decay: float | None = None  # of a layer's learning rate, from that of the next one


@dataclass(frozen=True, slots=True, eq=False)
class Cost(Generic[B]):
    """What a training makes smaller, in two parts: only the second computes with weights.

    Args:
        prepared: a batch to tensors on the device, a row per sample: what the network takes, then
            what its answers are measured by.
        loss: the answers, and those others, to a mean loss; it waits for no value.
    """

    prepared: Callable[[B], Tensors]
    loss: Callable[..., Tensor]


class Step(Generic[B]):
    """Forward, loss, backward, clipping and the optimiser, for a network under training.

    On a card all of that is captured as one CUDA graph, of full batches. With `runtime.eager`, or
    where it cannot be captured, it is computed kernel by kernel. Several processes average their
    gradients after the backward pass: the graph ends there, and the optimiser follows it.

    Args:
        network: laid out channels last in bf16 and TF32; its parameters are changed by steps, and
            several processes begin with those of the leading one.
        cost: what is made smaller.
        plan: precision, optimiser, batch, clipping.
        runtime: where it computes, and what of that is wanted.
        recorder: what captures; by default the card, where there is one.
    """

    def __init__(
        self,
        network: nn.Module,
        cost: Cost[B],
        plan: Plan,
        runtime: Runtime,
        recorder: Recorder | None = None,
    ) -> None:
        recipe, device = plan.recipe, runtime.device
        self.network, self.cost, self.plan, self.runtime = network, cost, plan, runtime
        self.size = len(range(runtime.rank, recipe.batch_size, runtime.world))
        fast = device.type == "cuda" and not runtime.eager
        # Full single precision stays what it is to the last digit, and on a card as it is laid out.
        short = recipe.precision in SHORT and device.type in KNOWN and not runtime.eager
        self.format: Format = "contiguous"
        if short and optimizing.has_planes(network):
            network.to(memory_format=torch.channels_last)
            self.format = "channels_last"
        fused = device if fast or short else None
        self.optimizer = optimizing.optimizer(recipe, network, fused, plan.layer_decay)
        runtime.broadcast((*network.parameters(), *network.buffers()))
        self._gradients = None if runtime.world == 1 else optimizing.flat_gradients(network)
        self._share = torch.ones((), device=device)  # in memory, where a graph reads it
        self._first_reasons = tuple(self._refused())
        if recorder is None and fast:
            recorder = Card(device)
        repeated = self._whole if self._gradients is None else self._backward
        self.captured = None if recorder is None else Captured(repeated, self.size, recorder)
        self._repeated: Callable[..., Tensors] = self.captured or repeated
        compiles = runtime.compiles and CHANGING not in self._first_reasons
        self.compiled = Compiled(network, self.size) if compiles else None
        self._copies = torch.cuda.Stream(device) if fast else None

    def _refused(self) -> Iterator[str]:
        """Yield what is slower for a reason that is known before the first step."""
        if self.runtime.eager:
            yield EAGER
        if self.runtime.compiles and len(set(self.plan.momentum or ())) > 1:
            yield CHANGING

    def __call__(self, tensors: Tensors, share: float = 1.0) -> Tensor:
        """Take a step on what was prepared of a batch; return its mean loss, until the next.

        Args:
            tensors: of a batch, as `prepared` gives them.
            share: what the loss counts for in the mean over several processes.
        """
        self._share.fill_(share)
        (loss,) = self._repeated(*tensors)
        if self._gradients is not None:
            self.runtime.average(self._gradients)
            self._update()
        return loss

    def _whole(self, *tensors: Tensor) -> Tensors:
        losses = self._backward(*tensors)
        self._update()
        return losses

    def _backward(self, inputs: Tensor, *truth: Tensor) -> Tensors:
        precision = self.plan.recipe.precision
        network = self.compiled or self.network
        with self.runtime.autocast(precision):
            loss = self.cost.loss(network(inputs), *truth)
        if self._gradients is None:
            self.optimizer.zero_grad()
        else:
            self._gradients.zero_()  # they stay where they are
        with self.runtime.rounding(precision):
            (loss * self._share).backward()
        return (loss.detach(),)

    def _update(self) -> None:
        if self.plan.max_norm == "gradients":
            optimizing.clip_gradients(self.network)
        self.optimizer.step()
        if self.plan.max_norm == "weights":
            optimizing.clip_weights(self.network)

    def prepared(self, batch: B) -> Tensors:
        """Return what `__call__` takes of a batch, got ready while a card still computes."""
        if self._copies is None:
            return self.cost.prepared(batch)
        with torch.cuda.stream(self._copies):
            tensors = self.cost.prepared(batch)
        current = torch.cuda.current_stream(self.runtime.device)
        current.wait_stream(self._copies)
        for tensor in tensors:
            tensor.record_stream(current)
        return tensors

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of the next step."""
        optimizing.set_rate(self.optimizer, rate)

    def set_momentum(self, momentum: float) -> None:
        """Set what share of a batch's statistics enters batch normalisation's running ones."""
        changed = optimizing.set_momentum(self.network, momentum)
        if changed and self.captured is not None:
            self.captured.renew()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why no faster path is taken, as far as is known by now."""
        reasons = list(self._first_reasons)
        if self.captured is not None and self.captured.reason:
            reasons.append(f"no CUDA graph: {self.captured.reason}")
        if self.compiled is not None and self.compiled.reason:
            reasons.append(f"not compiled: {self.compiled.reason}")
        return tuple(reasons)

    @property
    def words(self) -> str:
        """How steps will be computed, from the first ones on."""
        compiled = self.compiled is not None and not self.compiled.reason
        captured = self.captured is not None and not self.captured.reason
        return f"{PATHS[compiled, captured]}, {self.plan.recipe.precision}"

    @property
    def execution(self) -> Execution:
        """How the steps are computed; a graph counts from its capture on."""
        compiled = self.compiled is not None and not self.compiled.reason
        captured = self.captured is not None and self.captured.replays
        late = self.captured is not None and not (captured or self.captured.reason)
        return Execution(
            PATHS[compiled, captured],
            self.plan.recipe.precision,
            self.format,
            self.size,
            (*self.reasons, *((TOO_FEW,) if late else ())),
        )
