"""Keypoints in, joints out: a lifting network and its flip test as one graph."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hrbench import world
from hrbench.data.evaluation import LiftingEvaluation
from hrbench.data.sequences import padded
from hrbench.errors import RunError
from hrbench.formats.location import DataRoot
from hrbench.kinds.deployable import Deployable, Port, Run
from hrbench.kinds.lifting import reading
from hrbench.kinds.lifting.task import Lifter, Lifting
from hrbench.network import LinearNetwork
from hrbench.report.predictions import JointPredictions

SYNTHETIC = 8  # sequences, and images of the world that they are of
ANSWERED = 16  # frames of each
SCREEN = "x -1 at the picture's left border and 1 at its right one, y from -height / width down"
PIXELS = "pixels of the picture, (0, 0) the middle of the top-left one"


class LiftingGraph(nn.Module):
    """A lifting network, with `flip_test` the mean of its answers to keypoints and their mirror.

    Shapes: (B, F, 17, 2) in the network's frame to joints (B, F - receptive field + 1, 17, 3).
    """

    order: Tensor  # (17,) of the joints in a mirror

    def __init__(self, network: nn.Module, order: NDArray[np.int64], *, flip_test: bool) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(requires_grad=False)
        self.flip_test = flip_test
        self.register_buffer("order", torch.from_numpy(order))

    def forward(self, keypoints: Tensor) -> dict[str, Tensor]:
        joints = self.network(keypoints)
        if self.flip_test:
            joints = (joints + self.mirrored(self.network(self.mirrored(keypoints)))) / 2
        return {"joints": joints}

    def mirrored(self, points: Tensor) -> Tensor:
        """Return (..., 17, 2 or 3) points with x negated, left and right exchanged."""
        turned = points[..., self.order, :]
        return torch.cat((-turned[..., :1], turned[..., 1:]), dim=-1)


class DeployableLifter(Deployable[Lifting, JointPredictions]):
    """A lifting network."""

    unit = "mm"
    limit = 1e-2

    def __init__(self, task: Lifting, network: Lifter) -> None:
        super().__init__(task)
        dataset, flip_test = task.dataset, task.spec.protocol.flip_test
        self.inputs = task.inputs
        if flip_test and isinstance(network, LinearNetwork):
            raise RunError(
                "--tta mirrors keypoints in the picture, whose width an exported linear network "
                "is not told: export it with --no-tta"
            )
        self.graph = LiftingGraph(network, self.inputs.order, flip_test=flip_test)
        self.seen = 2 * self.inputs.pad + 1
        self.least = {"batch": 1, "frames": self.seen}
        points = len(dataset.keypoints)
        answered = f"frames - {self.seen - 1}" if self.seen > 1 else "frames"
        self.takes = Port("keypoints", "float32", ("batch", "frames", points, 2))
        self.gives = (Port("joints", "float32", ("batch", answered, points, 3)),)

    def about(self) -> dict[str, Any]:
        """Return the names and frames of keypoints and joints, and how many frames are seen."""
        dataset, seen = self.task.dataset, self.inputs
        return {
            "keypoint_names": dataset.keypoints,
            "edges": dataset.indices(dataset.edges),
            "input_frame": SCREEN if seen.screen else PIXELS,
            "frame": "mm, camera frame around the hip: x to the right, y down, z away",
            "receptive_field": self.seen,
            "frames_before": seen.pad + seen.shift,
            "frames_after": seen.pad - seen.shift,
            "flip_test": self.graph.flip_test,
        }

    def synthetic(self) -> NDArray[np.float32]:
        """Return the beginnings of sequences of a synthetic training set."""
        task = self.task
        root = world.cached(task.dataset.folder, images=SYNTHETIC)
        data_root = DataRoot(root, synthetic=True)
        clips = reading.training(task.spec, task.dataset, data_root, task.options).clips[:SYNTHETIC]
        parts = [self.inputs.of(clip)[:ANSWERED] for clip in clips]
        shortest = min(map(len, parts))
        return self._padded(np.stack([part[:shortest] for part in parts]))

    def of_images(self, paths: Sequence[Path]) -> NDArray[np.float32]:
        """Refuse pictures.

        Raises:
            RunError: always.
        """
        raise RunError(
            f"--images {paths[0]}: {self.task.spec.name} lifts keypoints and takes no pictures; "
            "leave --images out"
        )

    def predictions(
        self, evaluation: LiftingEvaluation, by_torch: JointPredictions, run: Run, workers: int
    ) -> JointPredictions:
        """Return the joints of every frame, as the file answers for each clip."""
        del workers  # nothing is read
        clips = evaluation.clips
        lifted = [run(self._padded(self.inputs.of(clip)[None]))["joints"][0] for clip in clips]
        return replace(by_torch, joints=np.concatenate(lifted))

    def _padded(self, keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
        return padded(keypoints, self.inputs.pad, self.inputs.shift)
