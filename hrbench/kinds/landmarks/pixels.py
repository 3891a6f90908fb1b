"""How a spec's crops are cut from images, and its heatmaps read back into image pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from hrbench import face_geometry, network
from hrbench.data.cutting import AffineCutting, Cutting, OfficialFaceCutting
from hrbench.geometry import CropMatrix, Floats, cells_to_image, crop_matrix, udp_matrix
from hrbench.heads.codecs import Codec
from hrbench.heads.decoding import DECODERS
from hrbench.spec import DatasetSpec, LandmarkTask

GRIDS: dict[str, CropMatrix] = {"quarter": crop_matrix, "dark": crop_matrix, "udp": udp_matrix}
Decode = Callable[[Tensor], tuple[Tensor, Tensor]]  # maps to (B, K, 2) cells, (B, K) scores
# (N, K, 2) cells, (N, 2) centers, (N, 2) scales, the maps' width and height, to image pixels
ToImage = Callable[[NDArray[np.float32], Floats, Floats, tuple[int, int]], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Pixels:
    """What belongs together: the cut of a crop, its targets, its decoding, the way back."""

    cutting: Cutting
    codec: Codec
    decode: Decode
    to_image: ToImage


def pixels(spec: LandmarkTask, dataset: DatasetSpec) -> Pixels:
    """Return the pixels of a task: the road's own, or the published face code's."""
    height, width = spec.model.input
    pairs = dataset.indices(dataset.flip_pairs)
    if spec.protocol.pixels == "official":
        codec = network.official_face_codec(spec.model)
        cut = OfficialFaceCutting((width, height), pairs, dataset.counted_from)
        return Pixels(cut, codec, codec.decode, _official_places(dataset.counted_from))
    grid = GRIDS[spec.model.codec]
    order = {name: index for index, name in enumerate(dataset.keypoints)}
    cutting = AffineCutting(
        (width, height),
        tuple(order[name] for name in dataset.upper_body),
        pairs,
        grid,
        spec.protocol.scales or (1.0,),
    )
    return Pixels(cutting, network.codec(spec.model), decoder(spec), _places(grid))


def decoder(spec: LandmarkTask) -> Decode:
    """Return the protocol's decoder, which may be another than the training's codec."""
    read, sigma = DECODERS[spec.protocol.decoder], spec.model.sigma
    return lambda maps: read(maps, sigma)


def _places(grid: CropMatrix) -> ToImage:
    return lambda cells, centers, scales, size: cells_to_image(cells, centers, scales, size, grid)


def _official_places(counted_from: int) -> ToImage:
    def places(
        cells: NDArray[np.float32], centers: Floats, scales: Floats, size: tuple[int, int]
    ) -> NDArray[Any]:
        moved = face_geometry.cells_to_image(cells, centers + counted_from, scales, size)
        return moved - counted_from

    return places
