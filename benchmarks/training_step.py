"""Time one fp32 training step of HRNet-W32, beside the official loss in a loop over keypoints.

    python benchmarks/training_step.py [--batch 4] [--rounds 3] [--threads 1]

Both start from what their loader gives: the official from float32 crops and maps, ours from
uint8 crops and keypoints.
"""

import official
import torch
from sidebyside import agree, race
from workload import arguments, crops, workload

from hrbench import network
from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.heads.heatmap import mse

CPU = torch.device("cpu")
TOLERANCE = 1e-4  # of a training pass, as the golden numbers have it


def main() -> None:
    """Race both ways over one batch."""
    chosen = arguments(__doc__, batch=4, rounds=3)
    load = workload()
    keypoints, model = len(load.dataset.keypoints), load.spec.model
    pixels = crops(load, chosen.batch)
    points = torch.rand((chosen.batch, keypoints, 2), dtype=torch.float64) * model.input[1]
    visible = torch.rand((chosen.batch, keypoints)) < 0.7
    inputs, targets = Normalisation(IMAGENET)(pixels), load.codec.encode(points, visible, CPU)
    weights = targets.weights[..., None]
    ours = network.build(model, keypoints, chosen.seed).train()
    theirs = network.build(model, keypoints, chosen.seed).train()
    our_adam, their_adam = (
        torch.optim.Adam(trained.parameters(), lr=load.spec.recipe.lr) for trained in (ours, theirs)
    )

    def officially() -> float:
        loss = official.mse(theirs.answer(inputs), targets.maps, weights)
        their_adam.zero_grad()
        loss.backward()
        their_adam.step()
        return loss.item()

    def hrbench() -> float:
        loss = mse(ours(pixels), load.codec.encode(points, visible, CPU))
        our_adam.zero_grad()
        loss.backward()
        our_adam.step()
        return loss.item()

    agree("loss of the first step", hrbench(), officially(), TOLERANCE)
    race(
        f"{model.backbone} training step, batch {chosen.batch}, fp32",
        officially,
        hrbench,
        chosen.rounds,
    )


if __name__ == "__main__":
    main()
