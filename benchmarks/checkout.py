"""The functions of a checkout of deep-high-resolution-net.pytorch, under the names of `Peer`.

What its modules import and no longer installs is stood in for: json_tricks by json, the compiled
suppression of boxes, which is not called, by nothing, names that NumPy has dropped by Python's.
Only `lib` of the checkout is imported, and nothing is written into it.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision import transforms

from hrbench.backbone import hrnet
from hrbench.backbone.layouts import POSE
from hrbench.data.augment import Draw
from hrbench.data.cutting import AffineCutting
from hrbench.data.loader import drawn
from hrbench.data.sample import People
from hrbench.geometry import Floats
from hrbench.heads.codec import Codec
from hrbench.metrics.people import Poses
from hrbench.network import ImageNetwork
from hrbench.spec import Augment

FOLDER = Path(os.environ["HRBENCH_BENCH_PEER"])
OLD_NUMPY = {"float": float, "int": int, "bool": bool}
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
KEYPOINT_THRESHOLD, NMS_THRESHOLD = 0.2, 0.9
UNUSABLE = (ImportError, AttributeError, SyntaxError)  # what loading another version may raise
Maps = NDArray[np.float32]


class Settings(dict[str, Any]):
    """Settings that are read as keys and as attributes, as yacs' are."""

    __getattr__ = dict.__getitem__


@cache
def module(name: str) -> Any:
    """Return a module of the checkout, with NumPy as it knew it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        found: Any = import_module(name)
    if hasattr(found, "np"):
        found.np = SimpleNamespace(**{**vars(np), **OLD_NUMPY})
    return found


def final_predictions(
    maps: Maps, centers: Floats, scales: Floats, _size: tuple[int, int]
) -> tuple[Maps, Maps]:
    """Call `get_final_preds`."""
    config = Settings(TEST=Settings(POST_PROCESS=True))
    found = module("core.inference").get_final_preds(config, maps, centers, scales)
    keypoints, scores = found
    return keypoints, scores[..., 0]


def flip_back(maps: Maps, pairs: Sequence[tuple[int, int]]) -> Maps:
    """Call `flip_back`."""
    turned: Maps = module("utils.transforms").flip_back(maps, pairs)
    return turned


def targets(
    joints: NDArray[np.float64], visible: NDArray[np.bool_], codec: Codec
) -> tuple[Maps, Maps]:
    """Call `JointsDataset.generate_target`."""
    size = (round(codec.width * codec.stride), round(codec.height * codec.stride))
    dataset = without_samples(size, codec, len(joints))
    made: tuple[Maps, Maps] = dataset.generate_target(joints, visible[:, None])
    return made


def mse(output: Tensor, maps: Tensor, weights: Tensor) -> Tensor:
    """Call `JointsMSELoss`."""
    loss: Tensor = module("core.loss").JointsMSELoss(use_target_weight=True)(output, maps, weights)
    return loss


def network(ours: ImageNetwork, backbone: str) -> nn.Module:
    """Return `PoseHighResolutionNet` with the weights of one of ours."""
    size = hrnet.SIZES[backbone]
    stages = {
        f"STAGE{branches}": Settings(
            NUM_MODULES=modules,
            NUM_BRANCHES=branches,
            BLOCK="BASIC",
            NUM_BLOCKS=[size.blocks] * branches,
            NUM_CHANNELS=list(size.channels[:branches]),
            FUSE_METHOD="SUM",
        )
        for branches, modules in zip((2, 3, 4), size.modules, strict=True)
    }
    weights = {
        str(POSE.theirs(name)): tensor
        for name, tensor in ours.state_dict().items()
        if not name.startswith("normalise.")
    }
    model = Settings(
        NUM_JOINTS=len(weights["final_layer.weight"]),
        EXTRA=Settings(FINAL_CONV_KERNEL=1, PRETRAINED_LAYERS=["*"], **stages),
    )
    built: nn.Module = module("models.pose_hrnet").get_pose_net(Settings(MODEL=model), False)  # noqa: FBT003
    built.load_state_dict(weights)
    return built


def joints_dataset(size: tuple[int, int], codec: Codec | None, joints: int, **augment: Any) -> Any:
    """Return a `JointsDataset` without samples."""
    cells = (size[0] // 4, size[1] // 4) if codec is None else codec.size
    config = Settings(
        OUTPUT_DIR="",
        LOSS=Settings(USE_DIFFERENT_JOINTS_WEIGHT=False),
        MODEL=Settings(
            TARGET_TYPE="gaussian",
            IMAGE_SIZE=size,
            HEATMAP_SIZE=cells,
            SIGMA=2 if codec is None else codec.sigma,
        ),
        DATASET=Settings(
            DATA_FORMAT="jpg",
            COLOR_RGB=True,
            FLIP=bool(augment),
            **(dict.fromkeys(("SCALE_FACTOR", "ROT_FACTOR", "NUM_JOINTS_HALF_BODY"), 0) | augment),
            PROB_HALF_BODY=0.5,  # what is drawn is told beforehand
        ),
    )
    normalised = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize(mean=MEAN, std=DEVIATION)]
    )
    made = module("dataset.JointsDataset").JointsDataset(
        config, str(FOLDER), "train", bool(augment), normalised
    )
    made.num_joints, made.aspect_ratio = joints, size[0] / size[1]
    return made


without_samples = cache(joints_dataset)


class TrainingSamples(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """The items of a `JointsDataset` to train on, given what hrbench draws for each.

    What it says of a sample beside crop, maps and weights is left in the worker.
    """

    def __init__(
        self, people: People, cutting: AffineCutting, augment: Augment, codec: Codec, seed: int
    ) -> None:
        self.people, self.augment, self.seed = people, augment, seed
        self.dataset = joints_dataset(
            cutting.size,
            codec,
            people.num_keypoints,
            SCALE_FACTOR=augment.scale,
            ROT_FACTOR=augment.rotation,
            NUM_JOINTS_HALF_BODY=augment.half_body_above,
        )
        self.dataset.flip_pairs = cutting.flip_pairs
        self.dataset.upper_body_ids = cutting.upper_body
        self.dataset.db = records(people)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor, Tensor]:
        tell(drawn(self.augment, self.people.visible[row], self.seed, 0, row))
        crop, maps, weights, _ = self.dataset[row]
        return crop, maps, weights


class EvaluationSamples(Dataset[Tensor]):
    """The crops of a `JointsDataset` to predict on; its targets are left in the worker."""

    def __init__(self, people: People, size: tuple[int, int]) -> None:
        self.dataset = joints_dataset(size, None, people.num_keypoints)
        self.dataset.db = records(people)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, row: int) -> Tensor:
        crop: Tensor = self.dataset[row][0]
        return crop


def records(people: People) -> list[dict[str, Any]]:
    """Return the boxes as the official code keeps them."""
    zeros = np.zeros((people.num_keypoints, 1))
    return [
        {
            "image": str(people.images[people.image[row]]),
            "center": people.centers[row],
            "scale": people.scales[row],
            "joints_3d": np.hstack((people.keypoints[row], zeros)),
            "joints_3d_vis": np.hstack((people.visible[row, :, None].repeat(2, 1), zeros)),
            "filename": "",
            "imgnum": 0,
        }
        for row in range(len(people))
    ]


def tell(draw: Draw) -> None:
    """Let the dataset draw this next, whatever it asks its generators."""
    dataset = module("dataset.JointsDataset")
    limited = iter((np.float64(draw.scale), np.float64(draw.rotation)))
    asked = iter((0.0 if draw.rotation else 1.0, 0.0 if draw.flip else 1.0))
    dataset.random = SimpleNamespace(random=lambda: next(asked))
    dataset.np.random = SimpleNamespace(
        rand=lambda: 0.0 if draw.half_body else 1.0,
        randn=lambda: 0.0 if draw.upper else 1.0,  # of halves; what else it draws is clipped
    )
    dataset.np.clip = lambda *_: next(limited)


def coco_figures(poses: Poses, coco: COCO) -> Floats:
    """Call `COCODataset.evaluate`: instance scores, suppression, a file, pycocotools' figures."""
    kind = module("dataset.coco").COCODataset
    dataset = object.__new__(kind)  # made by hand: it would read COCO's files
    dataset.coco, dataset.image_set = coco, "val2017"
    dataset.num_joints = poses.keypoints.shape[1]
    dataset.in_vis_thre, dataset.oks_thre = KEYPOINT_THRESHOLD, NMS_THRESHOLD
    dataset.soft_nms = False
    dataset.classes, dataset._class_to_coco_ind = ["__background__", "person"], {"person": 1}
    boxes = np.zeros((len(poses.image_ids), 6))
    boxes[:, 4], boxes[:, 5] = poses.box_areas, poses.box_scores
    triples = np.concatenate((poses.keypoints, poses.keypoint_scores[..., None]), axis=2)
    paths = [f"{image:012d}.jpg" for image in poses.image_ids.tolist()]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        values, _ = dataset.evaluate(Settings(RANK=0), triples, folder, boxes, paths)
    return np.array(list(values.values()))


NEEDS: dict[str, tuple[Callable[..., Any], str, str]] = {  # by field: call, module, name in it
    "final_predictions": (final_predictions, "core.inference", "get_final_preds"),
    "flip_back": (flip_back, "utils.transforms", "flip_back"),
    "targets": (targets, "dataset.JointsDataset", "JointsDataset"),
    "mse": (mse, "core.loss", "JointsMSELoss"),
    "network": (network, "models.pose_hrnet", "get_pose_net"),
    "training_samples": (TrainingSamples, "dataset.JointsDataset", "JointsDataset"),
    "evaluation_samples": (EvaluationSamples, "dataset.JointsDataset", "JointsDataset"),
    "coco_figures": (coco_figures, "dataset.coco", "COCODataset"),
}


def functions() -> dict[str, Callable[..., Any]]:
    """Return what can be loaded of the checkout; print what cannot."""
    found = {}
    for field, (call, name, function) in NEEDS.items():
        try:
            getattr(module(name), function)
        except UNUSABLE as error:
            print(f"peer: {function} of {FOLDER} cannot be loaded: {error}")
        else:
            found[field] = call
    return found


def stand_in() -> None:
    """Put the checkout's modules, and stand-ins for what they import, where Python finds them."""
    sys.path.insert(0, str(FOLDER / "lib"))
    sys.dont_write_bytecode = True
    sys.modules.setdefault("json_tricks", json)
    for name, function in (("nms.cpu_nms", "cpu_nms"), ("nms.gpu_nms", "gpu_nms")):
        compiled = ModuleType(name)
        setattr(compiled, function, None)
        sys.modules.setdefault(name, compiled)


stand_in()  # at import, for workers that unpickle a dataset
