import copy

import pytest
import torch
from specs import landmark_task
from torch import nn

from hrbench.engine.optimizing import flat_gradients, optimizer
from hrbench.errors import SpecError
from hrbench.spec import Recipe

LR, DECAY = 0.01, 0.5


def after_a_step(name: str) -> float:
    """What is left of a weight of 2 whose loss does not depend on it."""
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 2.0)
    recipe = Recipe.model_validate(
        {"optimizer": name, "lr": LR, "weight_decay": DECAY, "epochs": 1, "batch_size": 1}
    )
    network.weight.grad = torch.zeros_like(network.weight)
    optimizer(recipe, network).step()
    return network.weight.item()


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("adam", 2 - LR),  # the decay is a gradient, and its length does not count at first
        ("amsgrad", 2 - LR),
        ("adamw", 2 * (1 - LR * DECAY)),
        ("sgd", 2 - LR * (DECAY * 2) * 1.9),  # Nesterov's momentum of 0.9 looks ahead
    ],
)
def test_weight_decay_is_where_its_optimiser_has_it(name: str, left: float) -> None:
    assert after_a_step(name) == pytest.approx(left, rel=1e-6)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("recipe.optimizer=adamw", "recipe.weight_decay=0"), "without weight_decay is 'adam'"),
        (
            ("recipe.schedule=cosine", "recipe.milestones=[3]"),
            r"recipe\.milestones changes nothing: recipe\.schedule is 'cosine'",
        ),
        (
            ("recipe.schedule=cosine", "recipe.milestones=[]", "recipe.decay=0.5"),
            r"recipe\.decay changes nothing: recipe\.schedule is 'cosine'",
        ),
    ],
)
def test_what_an_optimiser_or_a_schedule_does_not_read_is_refused(
    keys: tuple[str, ...], words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        landmark_task("coco-pose@tiny", keys)


def test_gradients_in_one_tensor_lie_as_their_weights_and_are_those_of_a_backward_pass() -> None:
    plain = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Conv2d(3, 1, 1)).to(
        memory_format=torch.channels_last
    )
    fixed = plain[1].bias
    assert fixed is not None
    fixed.requires_grad = False
    flat_network = copy.deepcopy(plain)
    flat = flat_gradients(flat_network)
    assert flat.shape == (3 * 2 * 2 * 2 + 3 + 3,)
    for _ in range(2):
        flat.zero_()
        for network in (plain, flat_network):
            network.zero_grad(set_to_none=network is plain)
            network(torch.arange(18.0).view(1, 2, 3, 3)).square().sum().backward()
    flat.mul_(2)
    pairs = zip(plain.parameters(), flat_network.parameters(), strict=True)
    for one, other in pairs:
        if other is flat_network[1].bias:
            assert other.grad is None
            continue
        assert one.grad is not None
        assert other.grad is not None
        assert other.grad.stride() == other.stride()
        assert torch.equal(other.grad, 2 * one.grad)
