import pytest
import torch
from specs import landmark_task
from torch import nn

from hrbench.engine.optimizing import optimizer
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
