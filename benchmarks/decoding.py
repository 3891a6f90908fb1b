"""Time the decoding of heatmaps to image pixels: a batch at once, beside loops over keypoints.

python benchmarks/decoding.py [--batch 64] [--rounds 20]
"""

import numpy as np
import official
import torch
from sidebyside import agree, race
from workload import arguments, workload

from hrbench.geometry import cells_to_image

KEYPOINTS = 17
NOISE = 0.05  # of the maps, whose bumps peak at 1


def main() -> None:
    """Race both ways over one batch."""
    chosen = arguments(__doc__, batch=64, rounds=20)
    load = workload()
    codec, size = load.codec, (load.codec.width, load.codec.height)
    rng = np.random.default_rng(chosen.seed)
    points = torch.from_numpy(rng.random((chosen.batch, KEYPOINTS, 2)) * load.cutting.size)
    bumps = codec.encode(points, torch.ones(points.shape[:2]) > 0, torch.device("cpu")).maps
    maps = bumps + NOISE * torch.randn(bumps.shape)
    array = maps.numpy()
    centers = rng.uniform(100, 500, (chosen.batch, 2)).astype(np.float32)
    scales = rng.uniform(0.5, 2, (chosen.batch, 2)).astype(np.float32)

    def officially() -> tuple[np.ndarray, np.ndarray]:
        cells, scores = official.decode(array)
        return official.to_image(cells, centers, scales, size), scores

    def hrbench() -> tuple[np.ndarray, np.ndarray]:
        cells, scores = (part.numpy() for part in codec.decode(maps))
        return cells_to_image(cells, centers, scales, size).astype(np.float32), scores

    for name, a, b in zip(("keypoints", "scores"), hrbench(), officially(), strict=True):
        agree(f"{name} from {tuple(maps.shape)}", a, b)
    what = f"{chosen.batch} x {KEYPOINTS} maps of {codec.height} x {codec.width}"
    race(
        f"decoding to cells, {what}",
        lambda: official.decode(array),
        lambda: codec.decode(maps),
        chosen.rounds,
    )
    race(f"decoding to image pixels, {what}", officially, hrbench, chosen.rounds)


if __name__ == "__main__":
    main()
