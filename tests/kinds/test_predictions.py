"""What the predictions of every kind of task have in common."""

import math
from dataclasses import fields

import numpy as np
import pytest
import torch
from worlds import small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.engine.runtime import Runtime
from hrbench.formats.location import DataRoot
from hrbench.kinds.classes.predicting import likeliest
from hrbench.kinds.registry import task_of
from hrbench.road.resolve import resolve

CPU = Runtime(torch.device("cpu"))


@pytest.mark.parametrize(
    ("name", "folder"),
    [("coco-pose@tiny", "coco"), ("h36m-lift@tiny", "h36m"), ("imagenet@tiny", "imagenet")],
)
def test_a_network_predicts_in_the_middle_of_its_training_as_after_it(
    name: str, folder: str
) -> None:
    data = small_world(8, folder)
    options = Options(data=str(data), limit=4)
    spec, dataset = resolve(catalog.task_file(name), options)
    task = task_of(spec, dataset, DataRoot(data, synthetic=True), options)
    evaluation, network = task.evaluation(), task.network()
    after = task.predictions(network.eval(), evaluation, CPU, workers=0, title="")
    during = task.predictions(network.train(), evaluation, CPU, workers=0, title="")
    for field in fields(after):
        np.testing.assert_array_equal(getattr(during, field.name), getattr(after, field.name))


def test_of_several_crops_the_probabilities_are_averaged() -> None:
    logits = torch.tensor([[0.0, math.log(9)], [math.log(3), 0.0]])  # 0.1 and 0.9; 0.75 and 0.25
    labels, scores = likeliest(logits, 1)
    assert labels.tolist() == [[1, 0]]
    assert scores[0].tolist() == pytest.approx([0.575, 0.425])
