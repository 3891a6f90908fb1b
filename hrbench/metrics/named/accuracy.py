"""Top-1 and top-5, ImageNet's measures."""

from typing import Any, TypeAlias

import numpy as np

from hrbench.metrics import calibration, confusions
from hrbench.metrics.calibration import Answers
from hrbench.metrics.inputs import ClassSetting, RankedClasses
from hrbench.metrics.metric import Compared, Definition, Metric
from hrbench.metrics.sample_errors import SampleErrors
from hrbench.metrics.scores import Scores
from hrbench.metrics.topk import Classes, ClassOutcomes, class_outcomes, score_classes

Pictures: TypeAlias = Compared[Classes, RankedClasses, ClassSetting]


def score(pictures: Pictures) -> Scores:
    """Return top-1 and top-5."""
    return score_classes(pictures.truth, pictures.predictions.labels, pictures.setting.classes)


def errors(pictures: Pictures) -> SampleErrors:
    """Return how surely each picture was taken for another class, by the answer's probability p.

    That is 1 + p of a wrong answer, and -p of a right one: the surest mistakes are the largest.
    """
    answers = pictures.predictions
    wrong, sure = answers.labels[:, 0] != pictures.truth, answers.scores[:, 0]
    return SampleErrors(np.where(wrong, 1 + sure, -sure))


def observe(pictures: Pictures) -> ClassOutcomes:
    """Return what each picture adds to the figures."""
    return class_outcomes(pictures.truth, pictures.predictions.labels, pictures.setting.classes)


def breakdown(pictures: Pictures) -> dict[str, Any]:
    """Return the most frequent mistakes, and how first answers' probabilities are calibrated."""
    truth, first = pictures.truth, pictures.predictions.labels[:, 0]
    answers = {"top-1": Answers(pictures.predictions.scores[:, 0], first == truth)}
    return {
        **confusions.breakdown(truth, first, pictures.setting.classes),
        **calibration.breakdown(answers),
    }


ACCURACY = Metric(
    name="accuracy",
    headline="top-1",
    figures=(
        Definition(r"top-(1|5)", "%", "higher", 1, "images whose class is among the first {0}"),
    ),
    truth=np.ndarray,
    predictions=RankedClasses,
    compare=Compared,
    score=score,
    errors=errors,
    outcomes=ClassOutcomes,
    card="image-classification",
    observe=observe,
    breakdown=breakdown,
)
