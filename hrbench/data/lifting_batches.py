"""Windows of keypoints and the joints to lift them to, in batches to train on.

All sequences fit into memory, so no process reads files.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.data.sequences import Sequences, chunks


@dataclass(frozen=True, slots=True)
class LiftingBatch:
    """Windows to train on."""

    keypoints: Tensor  # (B, F, 17, 2) float32, as the network takes them
    joints: Tensor  # (B, 1, 17, 3) float32 mm around the hip, of the frame that is answered


class TrainingWindows:
    """Every frame of some sequences with the frames around it; in a mirror too, with `mirror`."""

    def __init__(self, sequences: Sequences, *, pad: int, shift: int, mirror: bool) -> None:
        self.sequences, self.pad, self.shift = sequences, pad, shift
        lengths = np.diff(sequences.bounds).tolist()
        self.pairs = chunks(lengths, mirror=mirror)

    def __len__(self) -> int:
        return len(self.pairs)

    def batches(
        self, batches: Sequence[NDArray[np.int64]], epoch: int, *, workers: int, pin: bool
    ) -> Generator[LiftingBatch]:
        """Yield the batches of an epoch, given the rows of each."""
        del epoch, workers  # nothing is drawn, nothing is read
        for rows in batches:
            cut = self.sequences.cut(self.pairs[rows], self.pad, self.shift)
            keypoints, joints = map(torch.from_numpy, cut)
            if pin:
                keypoints, joints = keypoints.pin_memory(), joints.pin_memory()
            yield LiftingBatch(keypoints, joints)

    def some(self, count: int) -> LiftingBatch:
        """Return the first windows, over again where there are fewer."""
        rows = np.arange(count) % len(self)
        return next(self.batches([rows], 0, workers=0, pin=False))
