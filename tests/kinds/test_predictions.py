"""What the predictions of every kind of task have in common."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from worlds import small_world

from hrbench import catalog
from hrbench.engine.runtime import Runtime
from hrbench.formats.location import DataRoot
from hrbench.kinds.registry import task_of
from hrbench.road.resolve import resolve
from hrbench.runs.options import Options

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
