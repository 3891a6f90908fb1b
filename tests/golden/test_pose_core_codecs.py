"""mmpose's codecs: the official quarter step's, DARK's and UDP's targets and decoding."""

from typing import Any

import numpy as np
import pytest
import torch
from golden.ledger import Ledger
from numpy.typing import NDArray
from torch import Tensor

from hrbench.geometry import UNIT, CropMatrix, cells_to_image, crop_matrix, udp_matrix
from hrbench.heads.codecs import CODECS
from hrbench.heads.decoding import DECODERS, blur, blur_radius, maxima

CPU = torch.device("cpu")
FILE = "pose_core/decode.npz"
STRIDE = 4
CROPS: dict[str, CropMatrix] = {"quarter": crop_matrix, "dark": crop_matrix, "udp": udp_matrix}
THEIRS = [("quarter", "msra"), ("dark", "msra_unbiased"), ("udp", "udp")]


class Maps:
    """One set of golden heatmaps that mmpose has decoded."""

    def __init__(self, name: str, golden: Ledger) -> None:
        z = golden.load(FILE)
        self.name = name
        self.golden = {k.removeprefix(f"{name}_mm_"): v for k, v in z.items()}
        self.maps = torch.from_numpy(z[f"{name}_hm_q"]).float() / float(z["q_scale"])
        height, width = self.maps.shape[-2:]
        self.size = (width, height)
        self.sigma = {5: 2.0, 8: 3.0}[int(self.golden["blur_kernel"]) // 2]

    def crop_pixels(self, cells: NDArray[Any], grid: CropMatrix) -> NDArray[np.float64]:
        """Return cells in the pixels of the crop, taken for an image that is cut out whole."""
        whole = np.array([self.size] * len(cells)) * float(STRIDE)
        return cells_to_image(cells, whole / 2, whole / UNIT, self.size, grid)

    def comparable(self, codec: str, cells: Tensor, scores: Tensor, theirs: str) -> NDArray[Any]:
        """Return our cells or crop pixels, where both sides define them; else theirs.

        Without a positive value mmpose says (-1, -1), or with UDP reads outside of the map. At
        the border its quarter step tests x and y apart, where the official one, ours, does not.
        """
        expected = self.golden[theirs]
        known = np.broadcast_to(scores.numpy()[..., None] > 0, cells.shape)
        found: NDArray[Any] = cells.numpy()
        if codec == "quarter":
            whole = np.floor(found + 0.5)
            inside = ((whole > 1) & (whole < np.array(self.size) - 1)).all(axis=-1, keepdims=True)
            known = known & inside
        elif codec == "dark":
            found, known = np.where(known, found, -1), np.ones_like(known)
        if theirs.endswith(("_kpts", "_decoded")):
            found = self.crop_pixels(found, CROPS[codec])
        return np.where(known, found, expected)


def sets(golden: Ledger) -> list[Maps]:
    """Return every set that mmpose decoded; other goldens of this form have more."""
    return [
        Maps(key.removesuffix("_mm_locs"), golden)
        for key in golden.load(FILE)
        if key.endswith("_mm_locs")
    ]


def test_maxima_are_those_of_mmpose(golden: Ledger) -> None:
    for known in sets(golden):
        scores, x, y = maxima(known.maps)
        cells = torch.where((scores > 0)[..., None], torch.stack((x, y), dim=-1), -1)
        golden.check(FILE, f"{known.name}_mm_locs", cells.numpy())
        golden.check(FILE, f"{known.name}_mm_vals", scores.numpy())


def test_the_blur_is_that_of_mmpose(golden: Ledger) -> None:
    for known in sets(golden):
        golden.check(FILE, f"{known.name}_mm_blur_kernel", 2 * blur_radius(known.sigma) + 1)
        maps = blur(known.maps, known.sigma).numpy()
        golden.check(FILE, f"{known.name}_mm_blur_sub", maps[:, :, ::4, ::4])
        golden.check(FILE, f"{known.name}_mm_blur_s1_j0", maps[1, 0])
        golden.check(FILE, f"{known.name}_mm_blur_max", maps.max((2, 3)))
        golden.check(FILE, f"{known.name}_mm_blur_sum", maps.astype(np.float64).sum((2, 3)))


@pytest.mark.parametrize(
    ("decoder", "in_cells", "codec"),
    [("quarter", "quarter", "msra"), ("dark", "dark", "msra_unbiased"), ("udp", "dark_udp", "udp")],
)
def test_maps_are_decoded_as_by_mmpose(
    decoder: str, in_cells: str, codec: str, golden: Ledger
) -> None:
    for known in sets(golden):
        cells, scores = DECODERS[decoder](known.maps, known.sigma)
        for key in (in_cells, f"dec_{codec}_kpts"):
            found = known.comparable(decoder, cells, scores, key)
            golden.check(FILE, f"{known.name}_mm_{key}", found)
        golden.check(FILE, f"{known.name}_mm_dec_{codec}_scores", scores.numpy())


@pytest.mark.parametrize(("name", "theirs"), THEIRS)
def test_targets_are_those_of_mmpose_and_are_decoded_so(
    name: str, theirs: str, golden: Ledger
) -> None:
    for known in sets(golden):
        width, height = known.size
        codec, key = CODECS[name](height, width, STRIDE, known.sigma), f"enc_{theirs}"
        keypoints = torch.from_numpy(known.golden["enc_keypoints"]).double()
        seen = torch.from_numpy(known.golden["enc_visible"]) > 0
        targets = codec.encode(keypoints, seen, CPU)
        cells, scores = codec.decode(targets.maps)
        flat, first = targets.maps.flatten(2).numpy(), targets.maps[0].numpy()
        kept = -(-len(first) // len(known.golden[f"{key}_s0"]))  # of large maps, every second
        found = {
            "s0": first[::kept],
            "sum": flat.astype(np.float64).sum(axis=2),
            "argmax": flat.argmax(axis=2),
            "max": flat.max(axis=2),
            "weight": targets.weights.numpy(),
            "decoded": known.comparable(name, cells, scores, f"{key}_decoded"),
            "scores": scores.numpy(),
        }
        for part, values in found.items():
            golden.check(FILE, f"{known.name}_mm_{key}_{part}", values)
