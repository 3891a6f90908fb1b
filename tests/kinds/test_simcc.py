"""SimCC on the road: it learns, is exported, and keeps no parts of heatmaps."""

from typing import Any

import numpy as np
import pytest
import torch
from specs import landmark_task
from torch import Tensor
from worlds import small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.engine.runtime import Runtime
from hrbench.errors import RunError
from hrbench.formats.location import DataRoot
from hrbench.kinds.landmarks.exporting import DeployableLandmarks
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.network import ImageNetwork

CPU = torch.device("cpu")
PERSONS, STEPS = 16, 40


def simcc(*keys: str, **options: Any) -> Landmarks:
    spec = landmark_task("coco-pose@tiny-simcc", ["model.input=[64, 64]", "model.sigma=2", *keys])
    data_root = DataRoot(small_world(), synthetic=True)
    return Landmarks(spec, catalog.load_dataset("coco"), data_root, Options(seed=3, **options))


def median_error(task: Landmarks, network: ImageNetwork, batch: Any) -> float:
    """In pixels of the crop, of the keypoints that are annotated."""
    codec = task.pixels.codec
    with torch.no_grad():
        cells, _ = codec.decode(network(batch.images))
    distances: Tensor = (codec.crop_pixels(cells) - batch.keypoints).norm(dim=-1)
    return distances[batch.visible].median().item()


@pytest.mark.slow
def test_it_learns_a_few_persons_by_heart() -> None:
    task = simcc()
    network = task.network().train()
    feed: Any = task.training(task.evaluation()).feed
    batch = next(feed.batches([np.arange(PERSONS)], 0, workers=0, pin=False))
    cost = task.cost(network, CPU)
    optimizer = torch.optim.Adam(network.parameters(), lr=task.spec.recipe.lr)
    assert median_error(task, network, batch) > 10
    for _ in range(STEPS):
        inputs, *truth = cost.prepared(batch)
        loss = cost.loss(network(inputs), *truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert median_error(task, network, batch) < 2


@pytest.mark.parametrize("flip_test", ["true", "false"])
def test_its_graph_answers_as_a_run_does(flip_test: str) -> None:
    task = simcc(f"protocol.flip_test={flip_test}")
    network, evaluation = task.network(), task.evaluation()
    plain = Runtime(CPU, eager=True)
    by_run = task.predictions(network, evaluation, plain, workers=0, title="")
    deployed = DeployableLandmarks(task, network)

    def graph(crops: Any) -> dict[str, Any]:
        with torch.no_grad():
            return {n: t.numpy() for n, t in deployed.graph(torch.from_numpy(crops)).items()}

    by_graph = deployed.predictions(evaluation, by_run, graph, 0)
    np.testing.assert_allclose(by_graph.keypoints, by_run.keypoints, atol=1e-4)
    np.testing.assert_array_equal(by_graph.scores, by_run.scores)
    assert deployed.about()["decoder"] == "simcc"


def test_parts_of_heatmaps_are_not_kept_of_it() -> None:
    with pytest.raises(RunError, match="keeps parts of heatmaps, and 'simcc' makes none"):
        simcc(keep_peaks=True).evaluation()
