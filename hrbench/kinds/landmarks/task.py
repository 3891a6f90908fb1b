"""Keypoints in images: crops around boxes, heatmaps, the pose and face metrics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hrbench import catalog
from hrbench.data import shared_images
from hrbench.data.cutting import Cutting
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.faults import stop_at_fatal
from hrbench.data.loader import Batch, TrainingCrops
from hrbench.data.prepared import Prepared, Wanted
from hrbench.data.sample import People, in_words, used_images
from hrbench.draw import landmark_sheets, poses
from hrbench.draw.cases import Drawn
from hrbench.draw.changed import Answers
from hrbench.engine.execution import Told, unheard
from hrbench.engine.graphs import Tensors
from hrbench.engine.runtime import Runtime
from hrbench.engine.step import Cost, Plan
from hrbench.errors import RunError
from hrbench.formats import registry as formats
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.registry import format_of, is_own
from hrbench.heads.heatmap import Targets
from hrbench.kinds import starting
from hrbench.kinds.contract import EVALUATION, TRAINING, Task, Training
from hrbench.kinds.landmarks import preparing, samples, scoring
from hrbench.kinds.landmarks.framing import framed
from hrbench.kinds.landmarks.pixels import Pixels, pixels
from hrbench.kinds.landmarks.predicting import decoded_again, predictions
from hrbench.lints import keypoint_names, neighbours
from hrbench.metrics.inputs import ANNOTATED, KeypointSetting, PosesInBoxes
from hrbench.metrics.selection import PERSON
from hrbench.network import ImageNetwork, build
from hrbench.report.predictions import Predictions
from hrbench.spec import LandmarkTask, TaskSpec


@dataclass(frozen=True, eq=False)
class Landmarks(Task[ImageNetwork, LandmarkEvaluation, Predictions]):
    """Keypoints of the boxes of a split."""

    stored = Predictions
    score_only_keys = (
        *("decoder", "keypoint_threshold", "metric", "nms", "nms_threshold", "normaliser"),
    )
    spec: LandmarkTask

    @cached_property
    def pixels(self) -> Pixels:
        """How crops are cut, and keypoints written and read; made once."""
        return pixels(self.spec, self.dataset)

    def evaluation(self) -> LandmarkEvaluation:
        """Read the boxes of the protocol's split, and their keypoints where they are annotated."""
        if self.options.keep_peaks and not self.pixels.codec.peaks:
            raise RunError(
                f"--keep-peaks keeps parts of heatmaps, and '{self.spec.model.head}' makes none"
            )
        read = format_of(self.dataset, PeopleFormat).evaluation(
            self.spec, self.dataset, self.data_root, boxes=self._boxes(), limit=self.options.limit
        )
        if not len(read.people):
            split, why = self.spec.protocol.split, in_words(read.left_out)
            raise RunError(
                f"{split} has nothing to predict on: all is left out, {why}"
                if why
                else f"{split} has no box to predict on; see --boxes, --limit"
            )
        people = framed(read.people, self.spec, self.dataset, self.data_root)
        turned = self._mirrored() if self.spec.protocol.flip_test else ()
        met = tuple(dict.fromkeys((*read.allowed, *people.allowed, *turned)))
        return replace(read, people=people, allowed=met)

    def network(self) -> ImageNetwork:
        """Make backbone and head."""
        count, recipe = len(self.dataset.keypoints), self.spec.recipe
        return build(self.spec.model, count, self.options.seed, recipe.initial, recipe.drop_path)

    def planned(self, plan: Plan) -> Plan:
        """Let layers have rates of their own, and gradients a longest norm."""
        return starting.planned(plan, self.spec.recipe)

    def training(self, evaluation: LandmarkEvaluation) -> Training:
        """Return augmented crops of the persons or faces of the training split."""
        feed = self.crops(self.pixels.cutting)
        people = feed.people
        turned = self._mirrored() if self.spec.augment.flip else ()
        allowed = (*people.allowed, *turned, *self._measured_too(people, evaluation))
        return Training(feed, left_out=people.left_out, allowed=allowed)

    def crops(self, cutting: Cutting) -> TrainingCrops:
        """Return what is trained on, cut so."""
        people = formats.training(self.spec, self.dataset, self.data_root)
        people = framed(people, self.spec, self.dataset, self.data_root)
        return TrainingCrops(people, cutting, self.spec.augment, self.options.seed)

    def wanted(
        self, evaluation: LandmarkEvaluation, training: Training | None
    ) -> Mapping[str, Wanted]:
        """Return the images of the boxes that are measured, and of those that are trained on."""
        people = {EVALUATION: evaluation.people}
        if training is not None:
            people[TRAINING] = preparing.of_crops(training).people
        facts = self.spec, self.dataset, self.data_root.folder, self.pixels.cutting
        return {part: preparing.wanted(*facts, of_part, part) for part, of_part in people.items()}

    def from_prepared(
        self,
        evaluation: LandmarkEvaluation,
        training: Training | None,
        found: Mapping[str, Prepared],
    ) -> tuple[LandmarkEvaluation, Training | None]:
        """Let crops be cut from what is prepared."""
        return preparing.from_prepared(evaluation, training, found)

    def of_unknown_weights(self) -> tuple[str, ...]:
        """Say whose keypoints the network's outputs are taken for."""
        name = self.dataset.name
        return (f"The file does not say what its keypoints are: those of {name} are taken.",)

    def cost(self, network: ImageNetwork, device: torch.device) -> Cost[Batch]:
        """Return the loss between heatmaps and their targets."""
        del network
        recipe, codec = self.spec.recipe, self.pixels.codec
        loss = codec.losses[recipe.loss]

        def prepared(batch: Batch) -> Tensors:
            targets = codec.encode(batch.keypoints, batch.visible, device)
            weights = targets.weights if recipe.target_weights else torch.ones_like(targets.weights)
            return batch.images.to(device, non_blocking=True), targets.maps, weights

        def measured(scores: Tensor, maps: Tensor, weights: Tensor) -> Tensor:
            return loss(scores, Targets(maps, weights))

        return Cost(prepared, measured)

    def predictions(
        self,
        network: ImageNetwork,
        evaluation: LandmarkEvaluation,
        runtime: Runtime,
        *,
        workers: int,
        title: str,
        told: Told = unheard,
    ) -> Predictions:
        """Return the keypoints of every box."""
        return predictions(
            self.spec,
            self.pixels,
            network,
            evaluation,
            runtime,
            workers=workers,
            keep_peaks=self.options.keep_peaks,
            title=title,
            told=told,
        )

    @property
    def setting(self) -> KeypointSetting:
        """What dataset and protocol say to the metric."""
        return scoring.setting(self.spec, self.dataset)

    def measurable(self, predictions: Predictions) -> PosesInBoxes:
        """Return the keypoints of every box."""
        return scoring.measurable(predictions)

    def samples(
        self, evaluation: LandmarkEvaluation, predictions: Predictions
    ) -> Mapping[str, Sequence[Any]]:
        """Return a row for each person or face that counts."""
        errors = self.errors(evaluation, predictions)
        names = self.dataset.keypoints
        return samples.columns(evaluation.people, self._folder, names, errors)

    def coco_results(
        self, evaluation: LandmarkEvaluation, predictions: Predictions
    ) -> list[dict[str, object]]:
        """Return the poses that count, with the categories of the dataset's annotations."""
        categories = self._categories(evaluation)
        listed = set(categories.values())
        return samples.results(
            evaluation.people,
            self._folder,
            self.measurable(predictions),
            self.setting,
            chosen="nms" in self.metric.needs,
            categories=categories if self.spec.protocol.boxes == ANNOTATED else {},
            category=listed.pop() if len(listed) == 1 else PERSON,
        )

    def misfit(self, evaluation: LandmarkEvaluation, predictions: Predictions) -> str:
        """Say so where predictions are of other boxes."""
        people = evaluation.people
        pairs = (
            (predictions.sample_ids, people.ids),
            (predictions.boxes, people.boxes),
            (predictions.image_ids, people.image_ids[people.image]),
            (predictions.scored_images, evaluation.image_ids),
        )
        if all(np.array_equal(before, now) for before, now in pairs):
            return ""
        return (
            f"predicted {len(predictions.boxes)} boxes, and the files of the dataset have other "
            f"ones now, {len(people)}"
        )

    def example(self, evaluation: LandmarkEvaluation) -> tuple[str, ...]:
        """Return the first picture that has a box, and the file of boxes if it is COCO's."""
        people, boxes = evaluation.people, self._boxes()
        file = Path(people.images[people.image[0]]).resolve()
        if not file.is_file():  # inside of a .mat
            return ()
        place = Path(boxes)
        if boxes in {"gt", "det"}:
            split = self.dataset.splits[self.spec.protocol.split]
            named = split.annotations if boxes == "gt" else split.detections
            place = self._folder / str(named)
        whole = boxes != "gt" or not is_own(self.dataset)
        read = format_of(self.dataset, PeopleFormat).boxes_to_predict
        known = whole and read and place.is_file()
        return (str(file), *(("--boxes", str(place.resolve())) if known else ()))

    def decoded_again(
        self, evaluation: LandmarkEvaluation, predictions: Predictions, before: TaskSpec
    ) -> Predictions:
        """Return predictions read from the kept peaks, where the decoder is another than before.

        Raises:
            RunError: no peaks were kept.
        """
        decoder = self.spec.protocol.decoder
        if isinstance(before, LandmarkTask) and before.protocol.decoder == decoder:
            return predictions
        again = decoded_again(self.pixels.codec, evaluation.people, predictions)
        return replace(predictions, **again)

    def confirmed(self, evaluation: LandmarkEvaluation, predictions: Predictions) -> str:
        """Compare with pycocotools' figures; return in words how far they are apart.

        Raises:
            RunError: they differ, or there are none.
        """

        def people() -> list[dict[str, Any]]:
            read = format_of(self.dataset, PeopleFormat).as_annotated
            if read is None:
                raise RunError(f"--official reads COCO's annotations; {self.dataset.name} has none")
            return read(self.spec, self.dataset, self.data_root, evaluation.image_ids)

        gap = scoring.confirm(self.spec, self.dataset, predictions, evaluation.truth, people)
        return (
            "pycocotools gives the same ten figures of the file of annotations (largest "
            f"difference {gap:.1g} %)"
        )

    def draw_changed(
        self,
        place: Path,
        runs: Sequence[Answers[LandmarkEvaluation, Predictions, Any]],
        count: int,
    ) -> bool:
        """Draw persons or faces whose errors changed most, one of an image."""
        return landmark_sheets.draw_changed(place, self.dataset, runs, count)

    def case_pictures(
        self, evaluation: LandmarkEvaluation, predictions: Predictions
    ) -> Iterator[Drawn]:
        """Draw persons or faces of the largest errors, and around the median."""
        errors = self.errors(evaluation, predictions)
        return landmark_sheets.case_pictures(self.dataset, evaluation, errors)

    def draw(self, folder: Path, evaluation: LandmarkEvaluation, predictions: Predictions) -> None:
        """Draw the first images with their poses."""
        poses.draw(folder, self.dataset, evaluation, predictions)

    def draw_training(self, folder: Path, batch: Batch) -> Path:
        """Draw crops with their keypoints and target maps."""
        return landmark_sheets.draw_training(folder, self.dataset, batch, self.pixels.codec)

    def draw_worst(
        self, folder: Path, evaluation: LandmarkEvaluation, predictions: Predictions, count: int
    ) -> Path | None:
        """Draw the persons or faces of the largest errors."""
        errors = self.errors(evaluation, predictions)
        return landmark_sheets.draw_worst(folder, self.dataset, evaluation, errors, count)

    def _measured_too(self, people: People, evaluation: LandmarkEvaluation) -> tuple[str, ...]:
        """Say how many of the images that are measured are trained on too, or frames beside.

        Raises:
            DataError: many are frames beside others, and the user does not allow it.
        """
        training, measured = used_images(people), used_images(evaluation.people)
        published = catalog.is_published(self.dataset)
        shared = shared_images.shared(training, measured, renamed=not published)
        said = (shared_images.in_words(shared, len(measured)),) if shared else ()
        if published or self.data_root.synthetic:
            return said
        found = neighbours.faults(training, measured, grouped=self.dataset.grouped)
        met = stop_at_fatal(Path(self.dataset.name), found, self.data_root.allow, neighbours.ADVICE)
        leaking = () if evaluation.division is None else evaluation.division.leaking
        return (*said, *met, *leaking)

    def _mirrored(self) -> tuple[str, ...]:
        """Refuse to mirror keypoints without pairs; say so where a user allows it."""
        faults = keypoint_names.mirrored_faults(self.dataset.keypoints, self.dataset.flip_pairs)
        return stop_at_fatal(Path(self.dataset.name), faults, self.data_root.allow)

    @property
    def _folder(self) -> Path:
        """That the dataset's files are in."""
        return self.data_root.folder / self.dataset.folder

    def _categories(self, evaluation: LandmarkEvaluation) -> dict[int, int]:
        """Return the category of each annotation, where the files have any."""
        read = format_of(self.dataset, PeopleFormat).as_annotated
        if read is None or evaluation.truth is None:
            return {}
        rows = read(self.spec, self.dataset, self.data_root, evaluation.image_ids)
        return {row["id"]: row.get("category_id", PERSON) for row in rows}

    def _boxes(self) -> str:
        """Return where boxes come from: the protocol knows a file by its name only."""
        given, named = self.options.boxes, self.spec.protocol.boxes
        return given if given is not None and Path(given).name == named else named
