"""Whose code stands on the official side of a race.

`load()` gives the functions of a checkout of deep-high-resolution-net.pytorch where
HRBENCH_BENCH_PEER names one, as `hrbench bench --peer DIR` does, and else, or where one of them
cannot be loaded, their plain equivalents: the same arguments, the same results.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import official
from numpy.typing import NDArray
from pycocotools.coco import COCO
from sidebyside import PLAIN
from torch import Tensor, nn
from torch.utils.data import Dataset

from hrbench.data.cutting import AffineCutting
from hrbench.data.sample import People
from hrbench.geometry import Floats
from hrbench.heads.codec import Codec
from hrbench.metrics.people import Poses
from hrbench.network import ImageNetwork
from hrbench.spec import Augment

PEER = "HRBENCH_BENCH_PEER"  # of the environment
CODE = "official code"
Maps = NDArray[np.float32]  # (B, K, h, w)
Samples = Dataset[tuple[Tensor, Tensor, Tensor]]  # crop, maps, weights


class FinalPredictions(Protocol):
    """Decode maps to (B, K, 2) image pixels and (B, K) scores; `size` is their w and h."""

    def __call__(
        self, maps: Maps, centers: Floats, scales: Floats, size: tuple[int, int]
    ) -> tuple[Maps, Maps]: ...


class TrainingSamples(Protocol):
    """The augmented, normalised crops of persons, with their maps and weights."""

    def __call__(
        self, people: People, cutting: AffineCutting, augment: Augment, codec: Codec, seed: int
    ) -> Samples: ...


@dataclass(frozen=True, slots=True)
class Peer:
    """The official functions that are timed."""

    final_predictions: FinalPredictions
    flip_back: Callable[[Maps, Sequence[tuple[int, int]]], Maps]
    # (K, 2) joints and (K,) whether they are visible, to (K, h, w) maps and (K, 1) weights
    targets: Callable[[NDArray[np.float64], NDArray[np.bool_], Codec], tuple[Maps, Maps]]
    mse: Callable[[Tensor, Tensor, Tensor], Tensor]  # of maps, targets and weights
    # From normalised crops to maps, with the weights of one of ours, whose backbone is called so.
    network: Callable[[ImageNetwork, str], nn.Module]
    training_samples: TrainingSamples
    evaluation_samples: Callable[[People, tuple[int, int]], Dataset[Tensor]]
    # From poses and annotations to the ten figures, 0 to 1; None: `scoring.py` has the equivalent.
    coco_figures: Callable[[Poses, COCO], Floats] | None = None


def load() -> Peer:
    """Return the official functions, or their plain equivalents."""
    plain = Peer(
        official.final_predictions,
        official.flip_back,
        official.targets,
        official.mse,
        official.network,
        official.TrainingSamples,
        official.EvaluationSamples,
    )
    if not os.environ.get(PEER):
        return plain
    import checkout  # noqa: PLC0415  it needs that folder

    return replace(plain, **checkout.functions())


def who(function: Any) -> str:
    """Return whose code a function of a `Peer` is, in words."""
    return PLAIN if function.__module__ == official.__name__ else CODE
