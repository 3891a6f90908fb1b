"""Official targets, losses, decoding and flip test."""

from typing import Any

import numpy as np
import torch
from golden.folder import each
from golden.ledger import Ledger
from numpy.typing import NDArray
from torch import Tensor

from hrbench.geometry import flip_order
from hrbench.heads.codecs import GaussianHeatmap
from hrbench.heads.heatmap import Targets, flip_back, mse, ohkm
from hrbench.kinds.landmarks.scoring import measurable
from hrbench.report.predictions import Predictions

CPU = torch.device("cpu")
each_decoding = each("pose_core/decode*.npz")


def tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


@each("pose_core/targets*.npz")
def test_targets_are_the_official_ones(file: str, golden: Ledger) -> None:
    for key in golden.names(file, r"(\w+)_meta_w_h_sigma"):
        check_targets(golden, file, key)


def check_targets(golden: Ledger, file: str, key: str) -> None:
    z = {k.removeprefix(f"{key}_"): v for k, v in golden.load(file).items()}
    width, height, sigma = z["meta_w_h_sigma"].tolist()
    codec = GaussianHeatmap(height // 4, width // 4, 4, sigma)
    joints, seen = tensor(z["joints"])[..., :2], tensor(z["vis"])[..., 0] > 0
    targets = codec.encode(joints, seen, CPU)
    golden.check(file, f"{key}_target_0_1", targets.maps[:2].numpy())
    golden.check(file, f"{key}_argmax", targets.maps.flatten(2).argmax(2).numpy())
    golden.check(file, f"{key}_sum", targets.maps.double().sum((2, 3)).numpy())
    golden.check(file, f"{key}_target_weight", targets.weights[..., None].numpy())


@each("pose_core/losses*.npz")
def test_losses_and_their_gradients_are_the_official_ones(file: str, golden: Ledger) -> None:
    z = golden.load(file)
    for name in golden.names(file, r"(\w+_(?:mse|ohkm\d+)_w[01])_grad"):
        key, loss, weighted = name.rsplit("_", 2)
        weight = tensor(z[f"{key}_weight"])[..., 0]
        weights = weight if weighted == "w1" else torch.ones_like(weight)
        targets = Targets(tensor(z[f"{key}_target"]), weights)
        scores = tensor(z[f"{key}_pred"]).requires_grad_()
        hardest = loss.removeprefix("ohkm")
        cost = ohkm(scores, targets, int(hardest)) if hardest != loss else mse(scores, targets)
        cost.backward()
        assert scores.grad is not None
        golden.check(file, name, cost.item())
        golden.check(file, f"{name}_grad", scores.grad.numpy())


class Decoded:
    """One set of golden heatmaps with the codec of its size."""

    def __init__(self, name: str, file: str, golden: Ledger) -> None:
        z = {k.removeprefix(f"{name}_"): v for k, v in golden.load(file).items()}
        self.name = name
        scale = float(golden.load(file)["q_scale"])
        self.maps = tensor(z["hm_q"]).float() / scale
        self.mirrored = tensor(z["hm_flipped_q"]).float() / scale
        self.quantum = scale
        _, keypoints, height, width = self.maps.shape
        sigma = height // 32  # as published: 2 of 64 cells, 3 of 96
        self.codec = GaussianHeatmap(height, width, 4, sigma)
        self.center, self.scale = z["center"], z["scale"]
        pairs = [(int(a), int(b)) for a, b in z["pairs"]]
        self.order = torch.from_numpy(flip_order(keypoints, pairs))
        # An input, kept there only: numbers from 0.5 to 0.9.
        self.box_scores = z["validate_flip0_shift0_all_boxes"][:, 5]
        assert np.allclose(self.box_scores, np.linspace(0.5, 0.9, len(self.maps)), atol=1e-15)
        self.joints, self.seen = tensor(z["acc_joints"])[..., :2], tensor(z["acc_vis"])[..., 0] > 0

    def image_pixels(self, maps: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        cells, scores = self.codec.decode(maps)
        image = self.codec.to_image(cells.numpy(), self.center, self.scale, self.codec.size)
        return image.astype(np.float32), scores.numpy()


def sets(golden: Ledger, file: str) -> list[Decoded]:
    return [Decoded(name, file, golden) for name in golden.names(file, r"(\w+)_hm_q")]


@each_decoding
def test_maxima_and_quarter_steps_are_the_official_ones(file: str, golden: Ledger) -> None:
    for decoded in sets(golden, file):
        cells, scores = decoded.codec.decode(decoded.maps)
        image, _ = decoded.image_pixels(decoded.maps)
        golden.check(file, f"{decoded.name}_max_preds", cells.round().numpy())
        golden.check(file, f"{decoded.name}_maxvals", scores[..., None].numpy())
        golden.check(file, f"{decoded.name}_final_preds_pp1", image)


@each_decoding
def test_mirrored_maps_come_back_as_officially(file: str, golden: Ledger) -> None:
    for decoded in sets(golden, file):
        name, quantum = decoded.name, decoded.quantum
        back = flip_back(decoded.mirrored, decoded.order, 0)[1]
        golden.check(file, f"{name}_flip_back_s1_q", (back * quantum).numpy())
        shifted = flip_back(decoded.mirrored, decoded.order, 1)[1]
        average = (decoded.maps[1] + shifted) * 0.5
        golden.check(file, f"{name}_flip_avg_shift_s1_2q", (average * 2 * quantum).numpy())


@each_decoding
def test_keypoints_and_boxes_are_those_of_the_official_validation(
    file: str, golden: Ledger
) -> None:
    for decoded in sets(golden, file):
        for test in golden.names(file, rf"{decoded.name}_validate_(flip[01]_shift\d+)_all_preds"):
            check_validation(golden, file, decoded, test)


def check_validation(golden: Ledger, file: str, decoded: Decoded, test: str) -> None:
    key, maps = f"{decoded.name}_validate_{test}", decoded.maps
    if test.startswith("flip1"):
        shift = int(test.partition("shift")[2])
        maps = (maps + flip_back(decoded.mirrored, decoded.order, shift)) * 0.5
    image, scores = decoded.image_pixels(maps)
    golden.check(file, f"{key}_all_preds", np.concatenate([image, scores[..., None]], axis=2))
    count = len(image)
    found = Predictions(
        sample_ids=np.arange(count),
        image_ids=np.arange(count),
        boxes=np.zeros((count, 4)),
        box_scores=decoded.box_scores,
        centers=decoded.center,
        scales=decoded.scale,
        keypoints=image,
        scores=scores,
        scored_images=np.arange(count),
    )
    kept = measurable(found).poses()
    columns = (found.centers, found.scales, kept.box_areas, kept.box_scores)
    golden.check(file, f"{key}_all_boxes", np.column_stack(columns))
    targets = decoded.codec.encode(decoded.joints, decoded.seen, CPU)
    golden.check(file, f"{key}_loss", mse(maps, targets).item())


@each_decoding
def test_weights_of_the_official_accuracy_are_ours(file: str, golden: Ledger) -> None:
    for decoded in sets(golden, file):
        weights = decoded.codec.encode(decoded.joints, decoded.seen, CPU).weights
        golden.check(file, f"{decoded.name}_acc_target_weight", weights[..., None].numpy())
