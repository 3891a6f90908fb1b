"""Time the drawing of training targets: a batch at once, beside a loop over keypoints.

python benchmarks/targets.py [--batch 32] [--rounds 20]
"""

import numpy as np
import peer
import torch
from sidebyside import agree, race
from workload import arguments, workload

KEYPOINTS = 17
VISIBLE = 0.7  # share of the keypoints
OUTSIDE = 20  # crop pixels; some keypoints lie beyond the border


def main() -> None:
    """Race both ways over one batch."""
    chosen = arguments(__doc__, batch=32, rounds=20)
    load, theirs = workload(), peer.load()
    rng = np.random.default_rng(chosen.seed)
    extent = np.array(load.cutting.size) + 2 * OUTSIDE
    keypoints = rng.random((chosen.batch, KEYPOINTS, 2)) * extent - OUTSIDE
    visible = rng.random((chosen.batch, KEYPOINTS)) < VISIBLE
    points, seen = torch.from_numpy(keypoints), torch.from_numpy(visible)

    def officially() -> tuple[torch.Tensor, torch.Tensor]:
        drawn = [
            theirs.targets(joints, mask, load.codec)
            for joints, mask in zip(keypoints, visible, strict=True)
        ]
        maps = torch.stack([torch.from_numpy(maps) for maps, _ in drawn])
        return maps, torch.stack([torch.from_numpy(weights) for _, weights in drawn])

    ours = load.codec.encode(points, seen, torch.device("cpu"))
    maps, weights = officially()
    agree("target maps", ours.maps, maps)
    agree("target weights", ours.weights[..., None], weights)
    race(
        f"targets of {chosen.batch} x {KEYPOINTS} keypoints",
        officially,
        lambda: load.codec.encode(points, seen, torch.device("cpu")),
        chosen.rounds,
        peer.who(theirs.targets),
    )


if __name__ == "__main__":
    main()
