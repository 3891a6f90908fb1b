"""One training step of a golden network: in float32 as the golden's, and in float64."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from golden.ledger import Ledger
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

Pairs = dict[str, tuple[ArrayLike, ArrayLike]]  # by key: in float32, in float64


@dataclass(frozen=True)
class Step:
    """What forward and backward of one batch came to."""

    network: nn.Module  # with the batch's part in its running statistics
    answers: Tensor  # heatmaps, logits or joints
    loss: float

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(P,) whether a parameter, in the network's order, got no gradient."""
        return np.array([p.grad is None for p in self.network.parameters()])

    @property
    def norms(self) -> NDArray[np.float64]:
        """(P,) the L2 norm of each parameter's gradient, in the network's order."""
        gradients = [p.grad for p in self.network.parameters()]
        return np.array([0.0 if g is None else g.double().norm().item() for g in gradients])

    def state(self, name: str) -> NDArray[Any]:
        """Return a tensor of the network by its name."""
        tensor: Tensor = self.network.state_dict()[name]
        return tensor.numpy()


def step_twice(
    network: nn.Module, inputs: Tensor, loss: Callable[[Tensor], Tensor]
) -> tuple[Step, Step]:
    """Return the same step of a copy in float32 and of one in float64."""
    return step(network, inputs, loss, torch.float32), step(network, inputs, loss, torch.float64)


def step(
    network: nn.Module, inputs: Tensor, loss: Callable[[Tensor], Tensor], dtype: torch.dtype
) -> Step:
    trained = deepcopy(network).to(dtype).train()
    answers = trained(inputs.to(dtype))
    error = loss(answers)
    error.backward()
    return Step(trained, answers.detach(), error.item())


def check(golden: Ledger, file: str, prefix: str, pairs: Pairs) -> None:
    """Compare what a step came to with its goldens, and both with float64's."""
    for key, (ours, exact) in pairs.items():
        golden.check_trained(file, prefix + key, ours, exact)
