"""How a spec's crops are cut from images, and its keypoints written as targets and read back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hrbench import network
from hrbench.data.cutting import AffineCutting, Cutting, OfficialFaceCutting
from hrbench.geometry import flip_order
from hrbench.heads.codec import Codec
from hrbench.spec import DatasetSpec, LandmarkTask


@dataclass(frozen=True, slots=True)
class Pixels:
    """What belongs together: the cut of a crop, and the codec of what is in it."""

    cutting: Cutting
    codec: Codec
    partners: NDArray[np.int64]  # (K,) which keypoint takes each one's place in a mirror


def pixels(spec: LandmarkTask, dataset: DatasetSpec) -> Pixels:
    """Return the pixels of a task: the road's own, or the published face code's."""
    height, width = spec.model.input
    pairs = dataset.indices(dataset.flip_pairs)
    partners = flip_order(len(dataset.keypoints), pairs)
    if spec.protocol.pixels == "official":
        cut = OfficialFaceCutting((width, height), pairs, dataset.counted_from)
        face_codec = network.official_face_codec(spec.model, dataset.counted_from)
        return Pixels(cut, face_codec, partners)
    codec = network.codec(spec)
    order = {name: index for index, name in enumerate(dataset.keypoints)}
    cutting = AffineCutting(
        (width, height),
        tuple(order[name] for name in dataset.upper_body),
        pairs,
        codec.grid,
        spec.protocol.scales or (1.0,),
    )
    return Pixels(cutting, codec, partners)
