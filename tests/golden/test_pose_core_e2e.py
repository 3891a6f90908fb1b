"""The official validation, from images to predictions and losses, of every slice and network."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden import networks, slices
from golden.folder import each
from golden.ledger import Ledger
from golden.slices import Slice

from hrbench.backbone.input import IMAGENET, Normalisation
from hrbench.data.augment import Draw
from hrbench.engine.runtime import Runtime
from hrbench.heads.heatmap import mse
from hrbench.kinds.landmarks import predicting
from hrbench.kinds.landmarks.pixels import pixels
from hrbench.kinds.landmarks.scoring import measurable
from hrbench.network import ImageNetwork

BATCH = 2  # of the official loader
CPU = torch.device("cpu")


@each("pose_core/e2e*.npz")
@pytest.mark.parametrize("flip", [0, 1])
def test_predictions_are_those_of_the_official_validation(
    file: str, flip: int, golden: Ledger, tmp_path: Path
) -> None:
    for name in golden.names(file, rf"(\w+)_flip{flip}_all_preds"):
        dataset, net = name.split("_", 1)
        described: Any = golden.json(f"pose_core/net_{net}.json.gz")
        built = networks.heatmap_network(described)
        layout = networks.load(described, built, tmp_path)
        images = golden.load(golden.files(f"pose_core/pipeline_{dataset}*.npz")[0])["image"]
        more = (f"protocol.flip_test={str(bool(flip)).lower()}", f"model.color={layout.color}")
        width, height = described["image_w_h"]
        seen = slices.load(dataset, (height, width), set(images.tolist()), *more)
        built.normalise = Normalisation(IMAGENET, seen.spec.model.color)
        check_predictions(golden, file, f"{name}_flip{flip}", built, seen)
        check_maps(golden, file, f"{name}_flip{flip}", built, seen)


def check_predictions(
    golden: Ledger, file: str, key: str, built: ImageNetwork, seen: Slice
) -> None:
    px = pixels(seen.spec, seen.dataset)
    found = predicting.predictions(seen.spec, px, built, seen.evaluation, Runtime(CPU), workers=0)
    golden.check(file, f"{key}_db_index", seen.rows)
    triples = np.concatenate([found.keypoints, found.scores[..., None]], axis=2)
    golden.check(file, f"{key}_all_preds", triples)
    kept = measurable(found).poses()
    columns = (found.centers, found.scales, kept.box_areas, kept.box_scores)
    golden.check(file, f"{key}_all_boxes", np.column_stack(columns))


def check_maps(golden: Ledger, file: str, key: str, built: ImageNetwork, seen: Slice) -> None:
    """The maps between, by the functions that `predictions` puts together."""
    spec, people = seen.spec, seen.evaluation.people
    px, rows = pixels(spec, seen.dataset), range(len(people))
    cut = [px.cutting.plain(people, np.array([row])) for row in rows]
    crops = torch.from_numpy(np.concatenate(cut))[:, 0]
    with torch.inference_mode():
        maps = predicting.heatmaps(spec, px, built, CPU)(crops)
    golden.check(file, f"{key}_heatmap_sub", maps[:, :, ::8, ::8].numpy())
    golden.check(file, f"{key}_argmax", maps.flatten(2).argmax(2).numpy())
    drawn = [px.cutting.augmented(people, row, Draw()) for row in rows]
    points = torch.from_numpy(np.array([c.keypoints for c in drawn]))
    targets = px.codec.encode(points, torch.from_numpy(np.array([c.visible for c in drawn])), CPU)
    losses = []
    for first in range(0, len(rows), BATCH):
        batch = slice(first, first + BATCH)
        part = type(targets)(targets.maps[batch], targets.weights[batch])
        losses.append(mse(maps[batch], part).item())
    golden.check(file, f"{key}_loss_per_batch", losses)
