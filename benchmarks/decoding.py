"""Time the decoding of heatmaps to image pixels: a batch at once, beside loops over keypoints.

python benchmarks/decoding.py [--batch 64] [--rounds 20] [--device cuda]

Keypoints lie in their boxes, where a crop has its middle 80 %. Before each call the maps are
written, as the mean of a flip test writes them. On a card the other side copies them to the host,
as the official code does.
"""

from dataclasses import replace

import dark
import numpy as np
import peer
import torch
from sidebyside import agree, race
from workload import arguments, workload

from hrbench.geometry import PADDING
from hrbench.heads.blur import blur_radius

KEYPOINTS = 17
NOISE = 0.05  # of the maps, whose bumps peak at 1
TOLERANCE = 1e-5  # of DARK's cells, as the golden numbers have it


@torch.inference_mode()
def main() -> None:
    """Race both ways over one batch, by the quarter step and by DARK."""
    chosen = arguments(__doc__, devices=True, batch=64, rounds=20)
    load, theirs = workload(), peer.load()
    codec, size = load.codec, (load.codec.width, load.codec.height)
    rng = np.random.default_rng(chosen.seed)
    share = 0.5 + (rng.random((chosen.batch, KEYPOINTS, 2)) - 0.5) / PADDING
    points = torch.from_numpy(share * load.cutting.size)
    bumps = codec.encode(points, torch.ones(points.shape[:2]) > 0, torch.device("cpu")).maps
    bumps = bumps.to(chosen.device)
    noise = NOISE * torch.randn(bumps.shape).to(chosen.device)
    maps = bumps + noise
    centers = rng.uniform(100, 500, (chosen.batch, 2)).astype(np.float32)
    scales = rng.uniform(0.5, 2, (chosen.batch, 2)).astype(np.float32)
    by_dark, kernel = replace(codec, decoder="dark"), 2 * blur_radius(codec.sigma) + 1

    def written() -> None:
        torch.add(bumps, noise, out=maps)

    def officially() -> tuple[np.ndarray, np.ndarray]:
        return theirs.final_predictions(maps.cpu().numpy(), centers, scales, size)

    def hrbench() -> tuple[np.ndarray, np.ndarray]:
        cells, scores = (part.cpu().numpy() for part in codec.decode(maps))
        return codec.to_image(cells, centers, scales, size).astype(np.float32), scores

    def as_mmpose() -> tuple[np.ndarray, np.ndarray]:
        return dark.decode(maps.cpu().numpy(), kernel)

    def with_dark() -> tuple[np.ndarray, ...]:
        return tuple(part.cpu().numpy() for part in by_dark.decode(maps))

    for name, a, b in zip(("keypoints", "scores"), hrbench(), officially(), strict=True):
        agree(f"{name} from {tuple(maps.shape)}", a, b)
    for name, a, b in zip(("cells by DARK", "scores"), with_dark(), as_mmpose(), strict=True):
        agree(f"{name} from {tuple(maps.shape)}", a, b, TOLERANCE)
    what = f"{chosen.batch} x {KEYPOINTS} maps of {codec.height} x {codec.width}"
    where = " on a card" if chosen.device.type == "cuda" else ""
    race(
        f"decoding to image pixels, {what}{where}",
        officially,
        hrbench,
        chosen.rounds,
        peer.who(theirs.final_predictions),
        written,
    )
    race(
        f"decoding by DARK, {what}{where}",
        as_mmpose,
        with_dark,
        chosen.rounds,
        "plain equivalent of mmpose",
        written,
    )


if __name__ == "__main__":
    main()
