import numpy as np
import pytest

from hrbench.metrics.bootstrap import replicated
from hrbench.metrics.topk import ClassOutcomes, class_outcomes
from hrbench.report.record import MetricValue
from hrbench.road.measuring import Measured
from hrbench.road.uncertainty import with_intervals

CLASSES = ("ant", "bee")


def outcomes(count: int, right: int) -> ClassOutcomes:
    truth = np.arange(count) % 2
    first = np.where(np.arange(count) < right, truth, 1 - truth)
    return class_outcomes(truth, np.stack([first, 1 - first], axis=1), CLASSES)


def measured(made: ClassOutcomes) -> Measured:
    value = made.once()["top-1"]
    figure = MetricValue(value=value, unit="%", higher_is_better=True, low=None, high=None)
    nothing = figure.model_copy(update={"value": None, "reason": "all of the 2 classes"})
    return Measured({"top-1": figure, "top-5": nothing}, {}, 0.0)


def test_a_figure_has_the_interval_of_its_draws_and_its_class_one_too() -> None:
    made = outcomes(400, 280)
    sure = with_intervals(measured(made), made, replicated(made))
    top = sure.metrics["top-1"]
    assert top.low is not None
    assert top.high is not None
    # Wilson's interval for 280 of 400, by hand: 65.3 to 74.3.
    assert (top.low, top.high) == pytest.approx((65.3, 74.3), abs=0.5)
    assert sure.metrics["top-5"].low is None
    assert set(sure.group_intervals) == {"class/ant", "class/bee"}
    how = sure.uncertainty
    assert how is not None
    assert (how.unit, how.units, how.replicates, how.level) == ("image", 400, 1000, 0.95)
    assert how.notes == ()


def test_a_figure_that_all_draws_give_alike_has_no_interval_and_the_record_says_so() -> None:
    made = outcomes(400, 400)
    sure = with_intervals(measured(made), made, replicated(made))
    assert sure.metrics["top-1"].low is None
    assert sure.uncertainty is not None
    (note,) = sure.uncertainty.notes
    assert note.startswith("No interval of top-1:")


def test_of_few_images_the_record_says_what_to_think_of_its_intervals() -> None:
    made = outcomes(20, 12)
    sure = with_intervals(measured(made), made, replicated(made))
    assert sure.metrics["top-1"].low is not None
    assert sure.uncertainty is not None
    assert sure.uncertainty.notes == made.caveats
    assert made.caveats[0].startswith("Of 20 images:")
