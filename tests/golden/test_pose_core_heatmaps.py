"""Official targets, losses, decoding and flip test."""

from typing import Any

import numpy as np
import pytest
import torch
from golden.ledger import Ledger
from numpy.typing import NDArray
from torch import Tensor

from hrbench.geometry import cells_to_image, flip_order
from hrbench.heads.codecs import GaussianHeatmap
from hrbench.heads.heatmap import Loss, Targets, flip_back, mse, ohkm
from hrbench.kinds.landmarks.scoring import measurable
from hrbench.report.predictions import Predictions

CPU = torch.device("cpu")
DECODE = "pose_core/decode.npz"


def tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


@pytest.mark.parametrize("key", ["s2_256x192", "s3_384x288", "s2_256x256"])
def test_targets_are_the_official_ones(key: str, golden: Ledger) -> None:
    file = "pose_core/targets.npz"
    z = {k.removeprefix(f"{key}_"): v for k, v in golden.load(file).items()}
    width, height, sigma = z["meta_w_h_sigma"].tolist()
    codec = GaussianHeatmap(height // 4, width // 4, 4, sigma)
    joints, seen = tensor(z["joints"])[..., :2], tensor(z["vis"])[..., 0] > 0
    targets = codec.encode(joints, seen, CPU)
    golden.check(file, f"{key}_target_0_1", targets.maps[:2].numpy())
    golden.check(file, f"{key}_argmax", targets.maps.flatten(2).argmax(2).numpy())
    golden.check(file, f"{key}_sum", targets.maps.double().sum((2, 3)).numpy())
    golden.check(file, f"{key}_target_weight", targets.weights[..., None].numpy())


@pytest.mark.parametrize("key", ["b2", "b3w", "b1"])
@pytest.mark.parametrize("weighted", [0, 1])
def test_losses_and_their_gradients_are_the_official_ones(
    key: str, weighted: int, golden: Ledger
) -> None:
    file = "pose_core/losses.npz"
    z = golden.load(file)
    weight = tensor(z[f"{key}_weight"])[..., 0]
    targets = Targets(tensor(z[f"{key}_target"]), weight if weighted else torch.ones_like(weight))
    losses: dict[str, Loss] = {
        "mse": mse,
        "ohkm8": ohkm,
        "ohkm4": lambda s, t: ohkm(s, t, hardest=4),
    }
    for name, loss in losses.items():
        if f"{key}_{name}_w{weighted}" not in z:  # the official OHKM fails for one image alone
            continue
        scores = tensor(z[f"{key}_pred"]).requires_grad_()
        cost = loss(scores, targets)
        cost.backward()
        assert scores.grad is not None
        golden.check(file, f"{key}_{name}_w{weighted}", cost.item())
        golden.check(file, f"{key}_{name}_w{weighted}_grad", scores.grad.numpy())


class Decoded:
    """One set of golden heatmaps with the codec of its size."""

    def __init__(self, name: str, golden: Ledger) -> None:
        z = {k.removeprefix(f"{name}_"): v for k, v in golden.load(DECODE).items()}
        self.name = name
        scale = float(golden.load(DECODE)["q_scale"])
        self.maps = tensor(z["hm_q"]).float() / scale
        self.mirrored = tensor(z["hm_flipped_q"]).float() / scale
        self.quantum = scale
        _, keypoints, height, width = self.maps.shape
        self.size = (width, height)
        sigma = (int(z.get("mm_blur_kernel", 11)) + 1) / 6  # only that tells: 2, or 3 of 384x288
        self.codec = GaussianHeatmap(height, width, 4, sigma)
        self.center, self.scale = z["center"], z["scale"]
        pairs = [(int(a), int(b)) for a, b in z["pairs"]]
        self.order = torch.from_numpy(flip_order(keypoints, pairs))
        self.box_scores = z["validate_flip0_shift0_all_boxes"][:, 5]  # an input, kept there only
        self.joints, self.seen = tensor(z["acc_joints"])[..., :2], tensor(z["acc_vis"])[..., 0] > 0

    def image_pixels(self, maps: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        cells, scores = self.codec.decode(maps)
        image = cells_to_image(cells.numpy(), self.center, self.scale, self.size)
        return image.astype(np.float32), scores.numpy()


def sets(golden: Ledger) -> list[Decoded]:
    """Return every set of the file; other goldens of this form have others."""
    keys = golden.load(DECODE)
    return [Decoded(key.removesuffix("_hm_q"), golden) for key in keys if key.endswith("_hm_q")]


def test_maxima_and_quarter_steps_are_the_official_ones(golden: Ledger) -> None:
    for decoded in sets(golden):
        cells, scores = decoded.codec.decode(decoded.maps)
        image, _ = decoded.image_pixels(decoded.maps)
        golden.check(DECODE, f"{decoded.name}_max_preds", cells.round().numpy())
        golden.check(DECODE, f"{decoded.name}_maxvals", scores[..., None].numpy())
        golden.check(DECODE, f"{decoded.name}_final_preds_pp1", image)


def test_mirrored_maps_come_back_as_officially(golden: Ledger) -> None:
    for decoded in sets(golden):
        name, quantum = decoded.name, decoded.quantum
        back = flip_back(decoded.mirrored, decoded.order, 0)[1]
        golden.check(DECODE, f"{name}_flip_back_s1_q", (back * quantum).numpy())
        shifted = flip_back(decoded.mirrored, decoded.order, 1)[1]
        average = (decoded.maps[1] + shifted) * 0.5
        golden.check(DECODE, f"{name}_flip_avg_shift_s1_2q", (average * 2 * quantum).numpy())


@pytest.mark.parametrize(("flip", "shift"), [(1, 1), (1, 0), (0, 0)])
def test_keypoints_and_boxes_are_those_of_the_official_validation(
    flip: int, shift: int, golden: Ledger
) -> None:
    for decoded in sets(golden):
        check_validation(decoded, flip, shift, golden)


def check_validation(decoded: Decoded, flip: int, shift: int, golden: Ledger) -> None:
    key, maps = f"{decoded.name}_validate_flip{flip}_shift{shift}", decoded.maps
    if flip:
        maps = (maps + flip_back(decoded.mirrored, decoded.order, shift)) * 0.5
    image, scores = decoded.image_pixels(maps)
    golden.check(DECODE, f"{key}_all_preds", np.concatenate([image, scores[..., None]], axis=2))
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
    golden.check(DECODE, f"{key}_all_boxes", np.column_stack(columns))
    targets = decoded.codec.encode(decoded.joints, decoded.seen, CPU)
    golden.check(DECODE, f"{key}_loss", mse(maps, targets).item())


def test_weights_of_the_official_accuracy_are_ours(golden: Ledger) -> None:
    for decoded in sets(golden):
        weights = decoded.codec.encode(decoded.joints, decoded.seen, CPU).weights
        golden.check(DECODE, f"{decoded.name}_acc_target_weight", weights[..., None].numpy())
