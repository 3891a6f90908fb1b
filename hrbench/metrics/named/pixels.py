"""PCK, NME and errors in pixels of objects in their own boxes, for annotations without sigmas."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.metrics import calibration
from hrbench.metrics.calibration import Answers
from hrbench.metrics.figures import MEDIAN_PX, MEDIAN_SHARE, NME, NME_BY
from hrbench.metrics.inputs import OF_CHOICE, KeypointSetting, PosesInBoxes
from hrbench.metrics.metric import Compared, Definition, Metric
from hrbench.metrics.nme import BOX_SIZE
from hrbench.metrics.people import Truth
from hrbench.metrics.pixel_errors import (
    NEAR,
    PixelErrors,
    errors_in_pixels,
    measurable,
    object_sizes,
    score_pixels,
)
from hrbench.metrics.pixel_outcomes import PixelOutcomes, pixel_outcomes
from hrbench.metrics.sample_errors import PoseErrors, in_order
from hrbench.metrics.scores import Scores


@dataclass(frozen=True, eq=False)
class ComparedObjects(Compared[Truth, PosesInBoxes, KeypointSetting]):
    """Poses beside the objects in whose boxes they were found."""

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """(N,) rows of the objects."""
        return objects_of(self.truth, self.predictions)

    @cached_property
    def errors(self) -> PixelErrors:
        """The errors of the objects that count, in the order of their poses."""
        return errors_in_pixels(
            self.truth,
            self.predictions.poses(),
            self.rows,
            self.setting.flip_pairs,
            self.normaliser,
            self.setting.groups,
        )

    @property
    def normaliser(self) -> str:
        """What errors are divided by."""
        return self.setting.normaliser or BOX_SIZE


def score(objects: ComparedObjects) -> Scores:
    """Return PCK at its levels, the NME by each normaliser, and the median error."""
    return score_pixels(objects.errors, objects.truth, objects.setting.keypoints)


def errors(objects: ComparedObjects) -> PoseErrors:
    """Return each object's mean error over its labelled keypoints, in per cent of its size."""
    truth, rows, predictions = objects.truth, objects.rows, objects.predictions
    labelled = truth.visibility[rows] > 0
    actual = np.where(labelled[..., None], truth.keypoints[rows], np.nan)
    distances = np.linalg.norm(predictions.keypoints - actual, axis=2)
    means = np.nansum(distances, axis=1) / np.maximum(labelled.sum(axis=1), 1)
    size = object_sizes(truth, objects.setting.groups)[objects.normaliser][rows]
    return in_order(predictions, actual, 100 * means / size, "{:.1f} % of its size")


def breakdown(objects: ComparedObjects) -> dict[str, Any]:
    """Return how scores of keypoints are calibrated: right within a tenth of the object's size."""
    found = objects.errors
    shares = found.pixels / found.sizes[objects.normaliser]
    scores = objects.predictions.scores[measurable(objects.truth)[objects.rows]]
    known = ~np.isnan(shares)
    return calibration.breakdown({"keypoint": Answers(scores[known], shares[known] < NEAR)})


def observe(objects: ComparedObjects) -> PixelOutcomes:
    """Return what each image adds to the figures."""
    images = np.unique(objects.predictions.scored_images)
    names = objects.setting.keypoints
    return pixel_outcomes(objects.errors, objects.truth.image_ids, images, names)


def objects_of(truth: Truth, predictions: PosesInBoxes) -> NDArray[np.intp]:
    """Return (N,) the rows of the objects in whose boxes the poses were found."""
    place = {name: row for row, name in enumerate(truth.ids.tolist())}
    return np.array([place[sample] for sample in predictions.sample_ids.tolist()], dtype=np.intp)


def fault(setting: KeypointSetting) -> str:
    """Say so where the dataset does not have the protocol's normaliser."""
    known = [BOX_SIZE, *setting.groups]
    if setting.normaliser is None or setting.normaliser in known:
        return ""
    return (
        f"protocol.normaliser: {setting.dataset} has {', '.join(known)}, not "
        f"'{setting.normaliser}'; [normalisers] in its TOML defines more"
    )


def notes(truth: Truth, setting: KeypointSetting) -> tuple[str, ...]:
    """Say how many objects have no size by the protocol's normaliser."""
    if setting.normaliser is None:
        return ()
    sizes = object_sizes(truth, setting.groups)[setting.normaliser]
    unknown = int((measurable(truth) & np.isnan(sizes)).sum())
    words = (
        f"{unknown} of {len(truth.ids)} objects do not count: '{setting.normaliser}' is not "
        "labelled."
    )
    return (words,) if unknown else ()


PIXELS = Metric(
    name="pixels",
    headline=f"PCK@{NEAR:g}",
    figures=(
        Definition(
            r"PCK@(0\.\d+)",
            "%",
            "higher",
            1,
            "keypoints nearer than {0} sizes: the protocol's normaliser, else the box's area's "
            "root",
        ),
        *(NME, NME_BY, MEDIAN_PX, MEDIAN_SHARE),
    ),
    truth=Truth,
    predictions=PosesInBoxes,
    compare=ComparedObjects,
    score=score,
    errors=errors,
    breakdown=breakdown,
    outcomes=PixelOutcomes,
    observe=observe,
    reads=("normaliser",),
    idle=dict.fromkeys(OF_CHOICE, "the metric 'pixels' chooses no poses"),
    paired=True,
    fault=fault,
    notes=notes,
)
