"""mmpose's codecs: the official quarter step's, DARK's and UDP's targets and decoding."""

from typing import Any

import numpy as np
import pytest
import torch
from golden.folder import each
from golden.ledger import Ledger
from numpy.typing import NDArray
from torch import Tensor

from hrbench.geometry import UNIT
from hrbench.heads.blur import blur, blur_radius
from hrbench.heads.codec import GridCodec
from hrbench.heads.codecs import CODECS
from hrbench.heads.decoding import DECODERS
from hrbench.heads.maxima import maxima

CPU = torch.device("cpu")
STRIDE = 4
THEIRS = [("quarter", "msra"), ("dark", "msra_unbiased"), ("udp", "udp")]
each_decoding = each("pose_core/decode*.npz")


class Maps:
    """One set of golden heatmaps that mmpose has decoded."""

    def __init__(self, name: str, file: str, golden: Ledger) -> None:
        z = golden.load(file)
        self.name, self.file, self.ledger = name, file, golden
        self.golden = {k.removeprefix(f"{name}_mm_"): v for k, v in z.items()}
        self.maps = torch.from_numpy(z[f"{name}_hm_q"]).float() / float(z["q_scale"])
        self.sigma = (int(self.golden["blur_kernel"]) + 1) / 6  # 11 cells are 2, 17 are 3

    def check(
        self, key: str, values: NDArray[Any], defined: NDArray[np.bool_] | None = None
    ) -> None:
        self.ledger.check(self.file, f"{self.name}_mm_{key}", values, defined)

    def codec(self, name: str) -> GridCodec:
        height, width = self.maps.shape[-2:]
        return CODECS[name](height, width, STRIDE, self.sigma, name)

    def crop_pixels(self, cells: NDArray[Any], codec: str) -> NDArray[np.float64]:
        """Return cells in the pixels of the crop, taken for an image that is cut out whole."""
        ours = self.codec(codec)
        whole = np.array([ours.size] * len(cells)) * float(STRIDE)
        return ours.to_image(cells, whole / 2, whole / UNIT, ours.size)

    def check_decoded(
        self, codec: str, maps: Tensor, decoded: tuple[Tensor, Tensor], key: str
    ) -> None:
        """Compare our cells, or crop pixels, with mmpose's, wherever those are defined.

        Without a positive value mmpose says (-1, -1), or with UDP reads outside of the map. At
        the border its quarter step tests x and y apart, where the official one, ours, does not.
        """
        cells, scores = (values.numpy() for values in decoded)
        known = np.broadcast_to(scores[..., None] > 0, cells.shape)
        if codec == "quarter":
            cells = cells + step_at_the_border(maps.numpy())
        found = np.where(known, cells, -1)
        if key.endswith(("_kpts", "_decoded")):
            found = self.crop_pixels(found, codec)
        self.check(key, found, known if codec == "udp" else None)


def step_at_the_border(maps: NDArray[Any]) -> NDArray[np.float64]:
    """Return (B, K, 2): mmpose's quarter steps at maxima that officially have none."""
    height, width = maps.shape[-2:]
    steps = np.zeros((*maps.shape[:2], 2))
    for at in np.ndindex(*maps.shape[:2]):
        y, x = np.unravel_index(maps[at].argmax(), (height, width))
        across, down = 1 < x < width - 1, 1 < y < height - 1
        if across and not down and 0 < y < height:
            steps[at][0] = np.sign(maps[at][y, x + 1] - maps[at][y, x - 1]) / 4
        if down and not across and 0 < x < width:
            steps[at][1] = np.sign(maps[at][y + 1, x] - maps[at][y - 1, x]) / 4
    return steps


def sets(golden: Ledger, file: str) -> list[Maps]:
    """Return every set that mmpose decoded."""
    return [Maps(name, file, golden) for name in golden.names(file, r"(\w+)_mm_locs")]


@each_decoding
def test_maxima_are_those_of_mmpose(file: str, golden: Ledger) -> None:
    for known in sets(golden, file):
        scores, x, y = maxima(known.maps)
        cells = torch.where((scores > 0)[..., None], torch.stack((x, y), dim=-1), -1)
        known.check("locs", cells.numpy())
        known.check("vals", scores.numpy())


@each_decoding
def test_the_blur_is_that_of_mmpose(file: str, golden: Ledger) -> None:
    for known in sets(golden, file):
        known.check("blur_kernel", np.array(2 * blur_radius(known.sigma) + 1))
        maps = blur(known.maps, known.sigma).numpy()
        known.check("blur_sub", maps[:, :, ::4, ::4])
        known.check("blur_s1_j0", maps[1, 0])
        known.check("blur_max", maps.max((2, 3)))
        known.check("blur_sum", maps.astype(np.float64).sum((2, 3)))


@each_decoding
@pytest.mark.parametrize(
    ("decoder", "in_cells", "codec"),
    [("quarter", "quarter", "msra"), ("dark", "dark", "msra_unbiased"), ("udp", "dark_udp", "udp")],
)
def test_maps_are_decoded_as_by_mmpose(
    decoder: str, in_cells: str, codec: str, file: str, golden: Ledger
) -> None:
    for known in sets(golden, file):
        decoded = DECODERS[decoder](known.maps, known.sigma)
        for key in (in_cells, f"dec_{codec}_kpts"):
            known.check_decoded(decoder, known.maps, decoded, key)
        known.check(f"dec_{codec}_scores", decoded[1].numpy())


@each_decoding
@pytest.mark.parametrize(("name", "theirs"), THEIRS)
def test_targets_are_those_of_mmpose_and_are_decoded_so(
    name: str, theirs: str, file: str, golden: Ledger
) -> None:
    for known in sets(golden, file):
        codec = known.codec(name)
        key = f"enc_{theirs}"
        keypoints = torch.from_numpy(known.golden["enc_keypoints"]).double()
        seen = torch.from_numpy(known.golden["enc_visible"]) > 0
        targets = codec.encode(keypoints, seen, CPU)
        decoded = codec.decode(targets.maps)
        flat, first = targets.maps.flatten(2).numpy(), targets.maps[0].numpy()
        kept = -(-len(first) // len(known.golden[f"{key}_s0"]))  # of large maps, every second
        found = {
            "s0": first[::kept],
            "sum": flat.astype(np.float64).sum(axis=2),
            "argmax": flat.argmax(axis=2),
            "max": flat.max(axis=2),
            "weight": targets.weights.numpy(),
            "scores": decoded[1].numpy(),
        }
        for part, values in found.items():
            known.check(f"{key}_{part}", values)
        known.check_decoded(name, targets.maps, decoded, f"{key}_decoded")
