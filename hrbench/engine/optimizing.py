"""The optimisers of the recipes, and what else a step does to the weights."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from hrbench.spec import Recipe

MOMENTUM = 0.9  # of SGD, Nesterov's
LARGEST_NORM = 1.0
Clipped = Literal["none", "weights", "gradients"]


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {  # of (parameters, lr, weight_decay=...)
    "adam": Adam,
    "adamw": AdamW,  # whose weight decay is not in the gradient
    "amsgrad": partial(Adam, amsgrad=True),
    "sgd": partial(SGD, momentum=MOMENTUM, nesterov=True),
}


def optimizer(recipe: Recipe, network: nn.Module) -> Optimizer:
    """Return an optimiser of all parameters of a network."""
    make = OPTIMIZERS[recipe.optimizer]
    return make(network.parameters(), recipe.lr, weight_decay=recipe.weight_decay)


def set_momentum(network: nn.Module, momentum: float) -> None:
    """Set what share of a batch's statistics enters the running ones."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001  of any dimension
            module.momentum = momentum


def clip_gradients(network: nn.Module) -> None:
    """Scale all gradients together to a norm of 1 at most."""
    torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_NORM)


@torch.no_grad()
def clip_weights(network: nn.Module) -> None:
    """Scale each linear layer's matrix to a Frobenius norm of 1 at most.

    Source: 3d-pose-baseline, src/linear_model.py, which scales them where they are used.
    """
    for module in network.modules():
        if isinstance(module, nn.Linear):
            norm = module.weight.norm().clamp(min=LARGEST_NORM)
            module.weight.div_(norm)
