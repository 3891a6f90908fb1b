"""Time the decoding of heatmaps to image pixels: a batch at once, beside loops over keypoints.

python benchmarks/decoding.py [--batch 64] [--rounds 20] [--device cuda]

Keypoints lie in their boxes, where a crop has its middle 80 %. Before each call the maps are
written, as the mean of a flip test writes them. On a card the other side copies them to the host,
as the official code does.
"""

import argparse
from dataclasses import dataclass, replace

import dark
import numpy as np
import peer
import torch
from numpy.typing import NDArray
from sidebyside import agree, race
from torch import Tensor
from workload import Workload, arguments, workload

from hrbench.geometry import PADDING
from hrbench.heads.blur import blur_radius
from hrbench.heads.codec import Codec

KEYPOINTS = 17
NOISE = 0.05  # of the maps, whose bumps peak at 1
TOLERANCE = 1e-5  # of DARK's cells, as the golden numbers have it


@dataclass(frozen=True, slots=True)
class Batch:
    """Maps of crops, and where these are in their images."""

    bumps: Tensor  # (B, K, h, w), one for each keypoint
    noise: Tensor  # (B, K, h, w)
    maps: Tensor  # (B, K, h, w), the sum of both
    centers: NDArray[np.float32]  # (B, 2) x, y in image pixels
    scales: NDArray[np.float32]  # (B, 2) width, height in 200 pixels

    def write(self) -> None:
        """Write the maps anew."""
        torch.add(self.bumps, self.noise, out=self.maps)


@torch.inference_mode()
def main() -> None:
    """Race both ways over one batch, by the quarter step and by DARK."""
    chosen = arguments(__doc__, devices=True, batch=64, rounds=20)
    load = workload()
    batch, codec = drawn(load, chosen), load.codec
    where = " on a card" if chosen.device.type == "cuda" else ""
    what = f"{chosen.batch} x {KEYPOINTS} maps of {codec.height} x {codec.width}{where}"
    by_quarter_step(batch, codec, what, chosen.rounds)
    by_dark(batch, codec, what, chosen.rounds)


def drawn(load: Workload, chosen: argparse.Namespace) -> Batch:
    """Return a batch of the size and on the device that are asked for."""
    rng = np.random.default_rng(chosen.seed)
    share = 0.5 + (rng.random((chosen.batch, KEYPOINTS, 2)) - 0.5) / PADDING
    points = torch.from_numpy(share * load.cutting.size)
    bumps = load.codec.encode(points, torch.ones(points.shape[:2]) > 0, torch.device("cpu")).maps
    noise = NOISE * torch.randn(bumps.shape).to(chosen.device)
    bumps = bumps.to(chosen.device)
    centers = rng.uniform(100, 500, (chosen.batch, 2)).astype(np.float32)
    scales = rng.uniform(0.5, 2, (chosen.batch, 2)).astype(np.float32)
    return Batch(bumps, noise, bumps + noise, centers, scales)


def by_quarter_step(batch: Batch, codec: Codec, what: str, rounds: int) -> None:
    """Compare and race the way of the recipe, from maps to image pixels."""
    theirs, size = peer.load(), (codec.width, codec.height)
    places = batch.centers, batch.scales, size

    def officially() -> tuple[np.ndarray, np.ndarray]:
        return theirs.final_predictions(batch.maps.cpu().numpy(), *places)

    def hrbench() -> tuple[np.ndarray, np.ndarray]:
        cells, scores = (part.cpu().numpy() for part in codec.decode(batch.maps))
        return codec.to_image(cells, *places).astype(np.float32), scores

    for name, a, b in zip(("keypoints", "scores"), hrbench(), officially(), strict=True):
        agree(f"{name} from {tuple(batch.maps.shape)}", a, b)
    who = peer.who(theirs.final_predictions)
    race(f"decoding to image pixels, {what}", officially, hrbench, rounds, who, batch.write)


def by_dark(batch: Batch, codec: Codec, what: str, rounds: int) -> None:
    """Compare and race DARK's way, from maps to cells."""
    ours, kernel = replace(codec, decoder="dark"), 2 * blur_radius(codec.sigma) + 1

    def as_mmpose() -> tuple[np.ndarray, np.ndarray]:
        return dark.decode(batch.maps.cpu().numpy(), kernel)

    def hrbench() -> tuple[np.ndarray, ...]:
        return tuple(part.cpu().numpy() for part in ours.decode(batch.maps))

    for name, a, b in zip(("cells by DARK", "scores"), hrbench(), as_mmpose(), strict=True):
        agree(f"{name} from {tuple(batch.maps.shape)}", a, b, TOLERANCE)
    who = "plain equivalent of mmpose"
    race(f"decoding by DARK, {what}", as_mmpose, hrbench, rounds, who, batch.write)


if __name__ == "__main__":
    main()
