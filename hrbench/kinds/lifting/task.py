"""Joints in space: sequences of keypoints lifted to three dimensions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from hrbench.backbone.fitting import Fit
from hrbench.backbone.layouts import MARTINEZ  # of weights without their statistics
from hrbench.backbone.weights import Checkpoint
from hrbench.begun import provenance
from hrbench.data.clips import Clip
from hrbench.data.evaluation import LiftingEvaluation
from hrbench.data.lifting_batches import LiftingBatch, TrainingWindows
from hrbench.data.pose_statistics import centred
from hrbench.data.sequences import join
from hrbench.draw import lifting_sheets
from hrbench.draw.cases import Drawn
from hrbench.draw.changed import Answers
from hrbench.engine.execution import Told, unheard
from hrbench.engine.graphs import Tensors
from hrbench.engine.runtime import Runtime
from hrbench.engine.step import Cost, Plan
from hrbench.errors import RunError
from hrbench.geometry import flip_order
from hrbench.kinds.contract import Task, Training
from hrbench.kinds.lifting import predicting, reading
from hrbench.kinds.lifting.inputs import Inputs, inputs_of
from hrbench.kinds.lifting.predicting import statistics
from hrbench.metrics import joint_errors
from hrbench.metrics.inputs import JointSetting, LiftedJoints
from hrbench.network import MILLIMETRES, LinearNetwork, TemporalNetwork, build_lifter
from hrbench.report.predictions import JointPredictions
from hrbench.spec import LiftingTask, LinearModel, TemporalModel

Lifter: TypeAlias = LinearNetwork | TemporalNetwork


@dataclass(frozen=True, eq=False)
class Lifting(Task[Lifter, LiftingEvaluation, JointPredictions]):
    """The joints of a split's sequences."""

    stored = JointPredictions
    score_only_keys = ("average", "joints", "root")
    init_part = "the network"
    spec: LiftingTask

    def evaluation(self) -> LiftingEvaluation:
        """Read the sequences of the protocol's split, with the keypoints that are lifted."""
        read = reading.evaluation(self.spec, self.dataset, self.data_root, self.options)
        if not read.clips:
            raise RunError(f"{self.spec.protocol.split} has no sequence to lift; see --limit")
        return read

    def network(self) -> Lifter:
        """Make the lifting network."""
        return build_lifter(self.spec.model, self.options.seed)

    def training(self, evaluation: LiftingEvaluation) -> Training:
        """Return every frame of the training subjects with the frames around it."""
        del evaluation
        read = self.sequences()
        clips = read.clips
        return Training(
            self.windows(clips),
            statistics(clips) if isinstance(self.spec.model, LinearModel) else {},
            read.left_out,
            read.allowed,
        )

    def sequences(self) -> reading.Training:
        """Read the sequences of the training split, with the keypoints that are lifted."""
        return reading.training(self.spec, self.dataset, self.data_root, self.options)

    def windows(self, clips: Sequence[Clip]) -> TrainingWindows:
        """Return what a network sees of sequences to train on."""
        seen = self.inputs
        keypoints = [seen.of(clip) for clip in clips]
        joints = [centred(clip.joints).astype(np.float32) for clip in clips]
        sequences = join(keypoints, joints, seen.order, seen.order)
        shift, mirror = seen.shift, self.spec.recipe.flip
        return TrainingWindows(sequences, pad=seen.pad, shift=shift, mirror=mirror)

    def load(self, network: Lifter, checkpoint: Checkpoint) -> Fit:
        """Load the network; statistics that a file lacks are those of the training split."""
        if checkpoint.layout == MARTINEZ.name and isinstance(network, LinearNetwork):
            checkpoint = _completed(checkpoint, statistics(self.sequences().clips))
        return super().load(network, checkpoint)

    def initialise(self, network: Lifter, checkpoint: Checkpoint) -> Fit:
        """Load the whole network; statistics that a file lacks are those it has by now."""
        provenance.require_same_outputs(checkpoint, self.dataset, self.options.allow)
        if checkpoint.layout == MARTINEZ.name:
            checkpoint = _completed(checkpoint, dict(network.named_buffers(recurse=False)))
        return super().load(network, checkpoint)

    def planned(self, plan: Plan) -> Plan:
        """Return the plan with the norms that are kept, and a momentum that falls."""
        model, recipe = self.spec.model, self.spec.recipe
        momentum = None
        if isinstance(model, TemporalModel):
            last = recipe.final_momentum
            momentum = (model.momentum, model.momentum if last is None else last)
        return replace(plan, max_norm=recipe.max_norm, momentum=momentum)

    def cost(self, network: Lifter, device: torch.device) -> Cost[LiftingBatch]:
        """Return the mean squared error of standardised joints, or MPJPE in metres."""

        def prepared(batch: LiftingBatch) -> Tensors:
            parts = (batch.keypoints, batch.joints)
            return tuple(part.to(device, non_blocking=True) for part in parts)

        def measured(lifted: Tensor, joints: Tensor) -> Tensor:
            missed = lifted.float() - joints
            if isinstance(network, TemporalNetwork):
                error: Tensor = missed.norm(dim=-1).mean() / MILLIMETRES
                return error
            return (missed[..., 1:, :].flatten(-2) / network.joint_std).square().mean()

        return Cost(prepared, measured)

    def predictions(
        self,
        network: Lifter,
        evaluation: LiftingEvaluation,
        runtime: Runtime,
        *,
        workers: int,
        title: str,
        told: Told = unheard,
    ) -> JointPredictions:
        """Return the joints of every frame."""
        del workers  # nothing is read
        return predicting.predictions(
            network,
            evaluation.clips,
            self.inputs,
            runtime,
            flip_test=self.spec.protocol.flip_test,
            precision=self.spec.protocol.precision,
            title=title,
            told=told,
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

    def measurable(self, predictions: JointPredictions) -> LiftedJoints:
        """Return the joints of every frame."""
        return LiftedJoints(predictions.joints)

    def samples(
        self, evaluation: LiftingEvaluation, predictions: JointPredictions
    ) -> Mapping[str, Sequence[Any]]:
        """Return a row for each frame: its mean error, and each joint's, in mm from the hip."""
        clips = evaluation.clips
        lengths = [len(clip.frames) for clip in clips]
        distances = joint_errors.distances(predictions.joints, evaluation.truth.joints)
        return {
            "sequence": np.repeat(["/".join(clip.key) for clip in clips], lengths).tolist(),
            "action": np.repeat([clip.action for clip in clips], lengths).tolist(),
            "frame": predictions.frames.tolist(),
            "error": self.errors(evaluation, predictions).errors.tolist(),
            **{
                f"{name}_mm": values
                for name, values in zip(self.dataset.keypoints, distances.T.tolist(), strict=True)
            },
        }

    def misfit(self, evaluation: LiftingEvaluation, predictions: JointPredictions) -> str:
        """Say so where predictions are of other sequences."""
        before, clips = predictions.clips, evaluation.clips
        names = ["/".join(clip.key) for clip in clips]
        lengths = [len(clip.frames) for clip in clips]
        if before.tolist() == names and predictions.lengths.tolist() == lengths:
            return ""
        return f"lifted {len(before)} sequences, and the dataset has other ones, {len(clips)}"

    def draw_training(self, folder: Path, batch: LiftingBatch) -> Path:
        """Draw keypoints beside the joints to lift them to."""
        return lifting_sheets.draw_training(folder, self.dataset, batch)

    def draw_worst(
        self, folder: Path, evaluation: LiftingEvaluation, predictions: JointPredictions, count: int
    ) -> Path:
        """Draw the frames of the largest errors."""
        errors = self.errors(evaluation, predictions)
        return lifting_sheets.draw_worst(
            folder, self.dataset, evaluation, predictions, errors, count
        )

    def draw_changed(
        self,
        place: Path,
        runs: Sequence[Answers[LiftingEvaluation, JointPredictions, Any]],
        count: int,
    ) -> bool:
        """Draw frames whose errors changed most, one of a performance."""
        return lifting_sheets.draw_changed(place, self.dataset, runs, count)

    def case_pictures(
        self, evaluation: LiftingEvaluation, predictions: JointPredictions
    ) -> Iterator[Drawn]:
        """Draw frames of the largest errors, and around the median."""
        errors = self.errors(evaluation, predictions)
        return lifting_sheets.case_pictures(self.dataset, evaluation, predictions, errors)

    def draw(
        self, folder: Path, evaluation: LiftingEvaluation, predictions: JointPredictions
    ) -> None:
        """Draw a few frames: keypoints beside joints from two views."""
        lifting_sheets.draw(folder, self.dataset, evaluation, predictions)

    @property
    def inputs(self) -> Inputs:
        """How keypoints enter the network."""
        pairs = self.dataset.indices(self.dataset.flip_pairs)
        return inputs_of(self.spec.model, flip_order(len(self.dataset.keypoints), pairs))


def _completed(checkpoint: Checkpoint, statistics: Mapping[str, Tensor]) -> Checkpoint:
    """Return Martinez's weights with the statistics that they come without."""
    return replace(checkpoint, tensors={**statistics, **checkpoint.tensors})
