"""Joints in space: sequences of keypoints lifted to three dimensions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hrbench import network
from hrbench.backbone.fitting import Fit
from hrbench.backbone.weights import Checkpoint
from hrbench.data import windows
from hrbench.data.evaluation import LiftingEvaluation
from hrbench.data.lifting_windows import LiftingBatch, LiftingWindows
from hrbench.data.pose_statistics import centred
from hrbench.draw import lifted
from hrbench.engine.runtime import Runtime
from hrbench.engine.train import Cost
from hrbench.errors import RunError
from hrbench.formats.location import DataRoot
from hrbench.geometry import flip_order
from hrbench.kinds.contract import Task
from hrbench.kinds.lifting import predicting, reading
from hrbench.kinds.lifting.inputs import Inputs, inputs_of
from hrbench.metrics.inputs import JointSetting, LiftedJoints
from hrbench.metrics.scores import Scores
from hrbench.network import MILLIMETRES, LinearNetwork, TemporalNetwork
from hrbench.report.predictions import JointPredictions
from hrbench.runs import provenance
from hrbench.runs.options import Options
from hrbench.spec import DatasetSpec, LiftingTask

MARTINEZ = "martinez"  # the layout of weights that come without their statistics


class Lifting(Task[JointPredictions]):
    """The joints of a split's sequences."""

    stored = JointPredictions
    score_only_keys = ("average", "joints", "root")
    init_part = "the network"
    spec: LiftingTask
    looked_at: LiftingEvaluation
    network: LinearNetwork | TemporalNetwork

    def __init__(
        self, spec: LiftingTask, dataset: DatasetSpec, data_root: DataRoot, options: Options
    ) -> None:
        self.spec, self.dataset, self.data_root, self.options = spec, dataset, data_root, options

    def look(self) -> None:
        """Read the sequences of the protocol's split, with the keypoints that are lifted."""
        self.looked_at = reading.evaluation(self.spec, self.dataset, self.data_root, self.options)
        if not self.looked_at.clips:
            raise RunError(f"{self.spec.protocol.split} has no sequence to lift; see --limit")

    def build(self) -> None:
        """Make the lifting network."""
        self.network = network.build_lifter(self.spec.model, self.options.seed)

    def feed(self) -> LiftingWindows:
        """Return every frame of the training subjects with the frames around it."""
        found = reading.training(self.spec, self.dataset, self.data_root, self.options)
        clips, self.left_out, self.allowed = found.clips, found.left_out, found.allowed
        if isinstance(self.network, LinearNetwork):
            predicting.observe(self.network, clips)
        seen = self.inputs()
        keypoints = [seen.of(clip) for clip in clips]
        joints = [centred(clip.joints).astype(np.float32) for clip in clips]
        sequences = windows.join(keypoints, joints, seen.order, seen.order)
        return LiftingWindows(
            sequences, pad=seen.pad, shift=seen.shift, mirror=self.spec.recipe.flip
        )

    def load(self, checkpoint: Checkpoint) -> Fit:
        """Load the network; statistics that a file lacks are those of the training split."""
        if checkpoint.layout == MARTINEZ and isinstance(self.network, LinearNetwork):
            found = reading.training(self.spec, self.dataset, self.data_root, self.options)
            predicting.observe(self.network, found.clips)
            whole = {**dict(self.network.named_buffers(recurse=False)), **checkpoint.tensors}
            checkpoint = replace(checkpoint, tensors=whole)
        return super().load(checkpoint)

    def initialise(self, checkpoint: Checkpoint) -> Fit:
        """Load the whole network."""
        provenance.require_same_outputs(checkpoint, self.dataset, self.options.allow)
        return self.load(checkpoint)

    def cost(self, device: torch.device) -> Cost[LiftingBatch]:
        """Return the mean squared error of standardised joints, or MPJPE in metres."""
        lifter = self.network

        def cost(network: nn.Module, batch: LiftingBatch) -> Tensor:
            lifted: Tensor = network(batch.keypoints.to(device, non_blocking=True))
            missed = lifted.float() - batch.joints.to(device, non_blocking=True)
            if isinstance(lifter, TemporalNetwork):
                error: Tensor = missed.norm(dim=-1).mean() / MILLIMETRES
                return error
            return (missed[..., 1:, :].flatten(-2) / lifter.joint_std).square().mean()

        return cost

    def predictions(self, runtime: Runtime, *, workers: int, title: str) -> JointPredictions:
        """Return the joints of every frame."""
        del workers  # nothing is read
        return predicting.predictions(
            self.network,
            self.looked_at.clips,
            self.inputs(),
            runtime,
            flip_test=self.spec.protocol.flip_test,
            precision=self.spec.protocol.precision,
            title=title,
        )

    @property
    def setting(self) -> JointSetting:
        """What dataset and protocol say to the metric."""
        protocol = self.spec.protocol
        return JointSetting(
            joints=self.dataset.keypoints,
            average=protocol.average,
            counted=protocol.joints,
            root=protocol.root,
        )

    def scores(self, found: JointPredictions) -> Scores:
        """Return the errors in mm, by the protocol's averages."""
        joints = LiftedJoints(found.joints)
        return self.metric.score(self.looked_at.truth, joints, self.setting)

    def misfit(self, found: JointPredictions) -> str:
        """Say so where predictions are of other sequences."""
        clips = self.looked_at.clips
        names = ["/".join(clip.key) for clip in clips]
        lengths = [len(clip.frames) for clip in clips]
        if found.clips.tolist() == names and found.lengths.tolist() == lengths:
            return ""
        return f"lifted {len(found.clips)} sequences, and the dataset has other ones, {len(clips)}"

    def notes(self) -> tuple[str, ...]:
        """Say where the keypoints came from."""
        return self.looked_at.notes

    def draw_training(self, folder: Path, batch: LiftingBatch) -> Path:
        """Draw keypoints beside the joints to lift them to."""
        return lifted.draw_training(folder, self.dataset, batch)

    def draw_worst(self, folder: Path, found: JointPredictions, count: int) -> Path:
        """Draw the frames of the largest errors."""
        joints = LiftedJoints(found.joints)
        errors = self.metric.errors(self.looked_at.truth, joints, self.setting)
        return lifted.draw_worst(folder, self.dataset, self.looked_at, found, errors, count)

    def draw(self, folder: Path, found: JointPredictions) -> None:
        """Draw a few frames: keypoints beside joints from two views."""
        lifted.draw(folder, self.dataset, self.looked_at, found)

    def inputs(self) -> Inputs:
        """Return how keypoints enter the network."""
        pairs = self.dataset.indices(self.dataset.flip_pairs)
        return inputs_of(self.network, flip_order(len(self.dataset.keypoints), pairs))
