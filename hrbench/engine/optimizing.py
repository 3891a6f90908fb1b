"""The optimisers of the recipes, and what else a step does to the weights."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, cast

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
WAYS = ("lr", "foreach", "fused", "capturable")  # that do not belong to the state of a training


def optimizer(
    recipe: Recipe,
    network: nn.Module,
    fused: torch.device | None = None,
    layer_decay: float | None = None,
) -> Optimizer:
    """Return an optimiser of all parameters of a network.

    `fused` on their device it takes its step at once, and can be captured on a card: the learning
    rate is a tensor there. With `layer_decay` the network says what its layers are
    (`parameter_groups`), and each has a rate of its own.
    """
    make, decay = OPTIMIZERS[recipe.optimizer], recipe.weight_decay
    parameters: Any = network.parameters()
    if layer_decay is not None:
        parameters = cast("Any", network).parameter_groups(decay, layer_decay)
    if fused is None:
        made = make(parameters, recipe.lr, weight_decay=decay)
    else:
        rate = torch.tensor(recipe.lr, device=fused)
        made = make(parameters, rate, weight_decay=decay, fused=True)
        for group in made.param_groups:
            group["lr"] = rate.clone()  # one tensor would be the rate of all groups
            if "capturable" in group:  # SGD has nothing that would have to be
                group["capturable"] = True
    set_rate(made, recipe.lr)
    return made


def flat_gradients(network: nn.Module) -> torch.Tensor:
    """Make the gradients of a network the parts of one tensor, laid out as its weights; return it.

    They stay those as long as nothing replaces them: that tensor is to be set to zero.
    """
    parameters = [one for one in network.parameters() if one.requires_grad]
    flat = torch.zeros(sum(one.numel() for one in parameters), device=parameters[0].device)
    parts = flat.split([one.numel() for one in parameters])
    for parameter, part in zip(parameters, parts, strict=True):
        parameter.grad = part.as_strided(parameter.shape, parameter.stride())
    return flat


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the learning rate, where it is; of layers that have their own, in proportion."""
    for group in optimizer.param_groups:
        own = rate * group.get("lr_scale", 1.0)
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(own)
        else:
            group["lr"] = own


def state(optimizer: Optimizer) -> dict[str, Any]:
    """Return the state of an optimiser, as any way of computing it takes it up."""
    content = optimizer.state_dict()
    groups = [{**group, "lr": float(group["lr"])} for group in content["param_groups"]]
    return {**content, "param_groups": groups}


def restore(optimizer: Optimizer, content: Mapping[str, Any]) -> None:
    """Put an optimiser back to a state, whichever way that was computed.

    Raises:
        LookupError, TypeError, ValueError: it is of another one.
    """
    groups = [
        {**saved, **{way: own[way] for way in WAYS if way in own}}
        for saved, own in zip(content["param_groups"], optimizer.param_groups, strict=True)
    ]
    optimizer.load_state_dict({**content, "param_groups": groups})
    for parameter, moments in optimizer.state.items():
        for name, values in moments.items():
            if isinstance(values, torch.Tensor) and values.shape == parameter.shape:
                moments[name] = torch.empty_like(parameter).copy_(values)  # laid out as that is


def set_momentum(network: nn.Module, momentum: float) -> bool:
    """Set what share of a batch's statistics enters the running ones; whether it was another."""
    before = set()
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001  of any dimension
            before.add(module.momentum)
            module.momentum = momentum
    return before != {momentum}


def has_planes(network: nn.Module) -> bool:
    """Whether a network convolves in two dimensions, so that channels may come last."""
    return any(isinstance(module, nn.Conv2d) for module in network.modules())


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
