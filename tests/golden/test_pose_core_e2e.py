"""The official validation, from images to predictions and losses, of every slice and network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden import recipe
from golden.ledger import Ledger
from shared import need_shared
from specs import landmark_task

from hrbench import catalog, network
from hrbench.backbone import fitting, weights
from hrbench.data.augment import Draw
from hrbench.data.evaluation import LandmarkEvaluation
from hrbench.data.loader import ImageCrops
from hrbench.engine.runtime import Runtime, normalised
from hrbench.formats import location
from hrbench.formats.registry import format_of
from hrbench.heads.heatmap import mse
from hrbench.kinds.landmarks import predicting
from hrbench.kinds.landmarks.pixels import pixels
from hrbench.kinds.landmarks.scoring import measurable
from hrbench.spec import DatasetSpec, LandmarkTask

E2E = "pose_core/e2e.npz"
TASKS = {"coco": "coco-pose", "mpii": "mpii-pose", "crowdpose": "crowdpose"}
BATCH = 2  # of the official loader
CPU = torch.device("cpu")


def networks(golden: Ledger, dataset: str, flip: int) -> list[str]:
    """The networks that the goldens ran on a slice: hrnet_w32_coco_256x192.

    A slice that these goldens lack has none, and hrbench has no ResNet for poses.
    """
    start, end = f"{dataset}_", f"_flip{flip}_all_preds"
    keys = [key for key in golden.load(E2E) if key.startswith(start) and key.endswith(end)]
    names = [key.removeprefix(start).removesuffix(end) for key in keys]
    return [name for name in names if name.startswith("hrnet_")]


def looked_at(golden: Ledger, spec: LandmarkTask, dataset: DatasetSpec) -> LandmarkEvaluation:
    """The real slice as `run` sees it, the persons on the images of these goldens."""
    data_root = location.DataRoot(need_shared() / "real", synthetic=False)
    whole = format_of(dataset).evaluation(spec, dataset, data_root, boxes="gt", limit=None)
    images = set(golden.load(f"pose_core/pipeline_{dataset.name}.npz")["image"].tolist())
    names = [whole.people.images[image].name for image in whole.people.image]
    rows = np.array([row for row, name in enumerate(names) if name in images])
    return replace(whole, people=whole.people.rows(rows))


def loaded(golden: Ledger, name: str, spec: LandmarkTask, folder: Path) -> network.LandmarkNetwork:
    """The network of a golden, its weights by way of a file in the official layout."""
    description: Any = golden.json(f"pose_core/net_{name}.json.gz")
    file = recipe.official_checkpoint(description, folder / f"{name}.pth")
    built = network.build(spec.model, description["num_joints"], seed=0)
    fitting.load_network(weights.read(file), built)
    return built


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("flip", [0, 1])
def test_predictions_are_those_of_the_official_validation(
    name: str, flip: int, golden: Ledger, tmp_path: Path
) -> None:
    dataset = catalog.load_dataset(name)
    for net in networks(golden, name, flip):
        _, width, _, size = net.split("_")
        test = f"protocol.flip_test={'true' if flip else 'false'}"
        spec = landmark_task(f"{TASKS[name]}@{width}-{size}", [test, "protocol.boxes=gt"])
        built, seen = loaded(golden, net, spec, tmp_path), looked_at(golden, spec, dataset)
        found = predicting.predictions(spec, dataset, built, seen, Runtime(CPU), workers=0)
        key = f"{name}_{net}_flip{flip}"
        golden.check(E2E, f"{key}_db_index", np.arange(len(seen.people)))
        triples = np.concatenate([found.keypoints, found.scores[..., None]], axis=2)
        golden.check(E2E, f"{key}_all_preds", triples)
        kept = measurable(found).poses()
        columns = (found.centers, found.scales, kept.box_areas, kept.box_scores)
        golden.check(E2E, f"{key}_all_boxes", np.column_stack(columns))
        check_maps(golden, key, spec, dataset, built, seen)


def check_maps(
    golden: Ledger,
    key: str,
    spec: LandmarkTask,
    dataset: DatasetSpec,
    built: network.LandmarkNetwork,
    seen: LandmarkEvaluation,
) -> None:
    """The maps between, by the functions that `predictions` puts together."""
    px, rows = pixels(spec, dataset), range(len(seen.people))
    cut = ImageCrops(seen.people, px.cutting)
    crops = torch.cat([cut[np.array([row])][1] for row in rows])[:, 0]  # type: ignore[index]
    with torch.inference_mode():
        maps = predicting.heatmaps(spec, dataset, built, CPU)(normalised(crops, CPU))
    golden.check(E2E, f"{key}_heatmap_sub", maps[:, :, ::8, ::8].numpy())
    golden.check(E2E, f"{key}_argmax", maps.flatten(2).argmax(2).numpy())
    drawn = [px.cutting.augmented(seen.people, row, Draw()) for row in rows]
    points = torch.from_numpy(np.array([c.keypoints for c in drawn]))
    targets = px.codec.encode(points, torch.from_numpy(np.array([c.visible for c in drawn])), CPU)
    losses = []
    for first in range(0, len(rows), BATCH):
        batch = slice(first, first + BATCH)
        part = type(targets)(targets.maps[batch], targets.weights[batch])
        losses.append(mse(maps[batch], part).item())
    golden.check(E2E, f"{key}_loss_per_batch", losses)
