"""The stages of prediction, each by the functions that `hrbench run` predicts with.

Letters: B items of a batch: boxes, each in an image of its own; pictures; frames of a sequence.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrbench.cameras import Camera
from hrbench.commands.profile.timing import Stages
from hrbench.data.clips import Clip
from hrbench.data.image_crops import read_rgb
from hrbench.data.sample import People, unlabelled
from hrbench.engine.runtime import Runtime, normalised
from hrbench.geometry import crop_of_boxes
from hrbench.kinds.classes.predicting import likeliest
from hrbench.kinds.classes.task import Classification
from hrbench.kinds.contract import Task
from hrbench.kinds.landmarks.pixels import pixels
from hrbench.kinds.landmarks.predicting import heatmaps, placed
from hrbench.kinds.landmarks.task import Landmarks
from hrbench.kinds.lifting.predicting import prepared, turned_back
from hrbench.kinds.lifting.task import Lifting

READ, CROP, NETWORK, DECODE = "read", "crop", "network", "decode"
NAMES = (READ, CROP, NETWORK, DECODE)
BOX = (220.0, 60.0, 200.0, 360.0)  # x, y, width, height in the picture of 640 x 480
SCREEN = (1000, 1000)  # px, of the camera of a sequence


@dataclass(frozen=True, slots=True)
class Course:
    """What a task's predictions go through."""

    items: str  # what a batch has several of
    passes: int  # times that each of them goes through the network
    words: str  # what the stages do


def course_of(job: Task[Any]) -> Course:
    """Return the course that a task's protocol says."""
    protocol: Any = job.spec.protocol
    if isinstance(job, Lifting):
        twice = "twice (flip test)" if protocol.flip_test else "once"
        mean = "means, to NumPy" if protocol.flip_test else "to NumPy"
        words = f"network is normalising, then lifting {twice}; decode is {mean}"
        return Course("frames", 1 + protocol.flip_test, words)
    start = "read decodes a file; crop cuts the network's input; network is normalising, then"
    if isinstance(job, Classification):
        passes = job.crops().count
        ways = f"backbone and head for {passes} crop{'s' * (passes > 1)}"
        return Course("pictures", passes, f"{start} {ways}; decode is softmax and a choice of five")
    scales = len(protocol.scales or (1.0,))
    ways = "twice (flip test)" if protocol.flip_test else "once"
    ways += f" at {scales} scales" if scales > 1 else ""
    end = f"decode is '{protocol.decoder}', and back to image pixels"
    passes = (1 + protocol.flip_test) * scales
    return Course("boxes", passes, f"{start} backbone and head {ways}; {end}")


def stages_of(job: Task[Any], picture: Path, batch: int, runtime: Runtime) -> Stages:
    """Return the stages of a job for a batch of B items, all of them of one picture."""
    match job:
        case Landmarks():
            return _landmarks(job, picture, batch, runtime)
        case Classification():
            return _classes(job, picture, batch, runtime)
        case Lifting():
            return _lifting(job, batch, runtime)
    raise ValueError(f"nothing says what {type(job).__name__} goes through")


def _landmarks(job: Landmarks, picture: Path, batch: int, runtime: Runtime) -> Stages:
    px, people, rows = (
        pixels(job.spec, job.dataset),
        people_of(job, picture, batch),
        np.arange(batch),
    )
    maps = heatmaps(job.spec, job.dataset, job.network, runtime.device)

    def read(_: None) -> list[NDArray[Any]]:
        return [px.cutting.read(path) for path in people.images]

    def crop(images: list[NDArray[Any]]) -> Tensor:
        cut = [px.cutting.cut(image, people, rows[i : i + 1]) for i, image in enumerate(images)]
        return _ready(np.concatenate(cut), runtime)

    def network(crops: Tensor) -> Tensor:
        inputs = normalised(crops.flatten(0, 1), runtime.device, job.spec.model.color)
        with runtime.autocast(job.spec.protocol.precision):
            return maps(inputs)

    def decode(found: Tensor) -> object:
        return placed(px, found, people, rows)

    return {READ: read, CROP: crop, NETWORK: network, DECODE: decode}


def _classes(job: Classification, picture: Path, batch: int, runtime: Runtime) -> Stages:
    crops = job.crops()

    def read(_: None) -> list[Any]:
        return [read_rgb(picture) for _ in range(batch)]

    def crop(images: list[Any]) -> Tensor:
        return _ready(np.stack([crops(image) for image in images]), runtime)

    def network(cut: Tensor) -> Tensor:
        with runtime.autocast(job.spec.protocol.precision):
            logits: Tensor = job.network(normalised(cut.flatten(0, 1), runtime.device))
        return logits

    def decode(logits: Tensor) -> object:
        return likeliest(logits, batch)

    return {READ: read, CROP: crop, NETWORK: network, DECODE: decode}


def _lifting(job: Lifting, batch: int, runtime: Runtime) -> Stages:
    clip, seen, protocol = (
        clip_of(len(job.dataset.keypoints), batch),
        job.inputs(),
        job.spec.protocol,
    )

    def network(_: None) -> Tensor:
        keypoints = prepared(clip, seen, flip_test=protocol.flip_test).to(runtime.device)
        with runtime.autocast(protocol.precision):
            joints: Tensor = job.network(keypoints)
        return joints

    def decode(joints: Tensor) -> object:
        return turned_back(joints, seen.order)

    return {NETWORK: network, DECODE: decode}


def _ready(crops: NDArray[np.uint8], runtime: Runtime) -> Tensor:
    """Return crops as the loader hands them over: pinned where a card will copy them."""
    found = torch.from_numpy(crops)
    return found.pin_memory() if runtime.device.type == "cuda" else found


def people_of(job: Landmarks, picture: Path, batch: int) -> People:
    """Return as many images, each with one box."""
    height, width = job.spec.model.input
    boxes, count = np.array([BOX] * batch), len(job.dataset.keypoints)
    crops = crop_of_boxes(boxes, width / height, job.spec.protocol.padding)
    return unlabelled([picture] * batch, np.arange(batch), boxes, crops, count)


def clip_of(joints: int, frames: int) -> Clip:
    """Return keypoints around the middle of a camera's picture."""
    middle = np.array(SCREEN) / 2
    keypoints = np.random.default_rng(0).normal(middle, middle / 4, (frames, joints, 2))
    camera = Camera(
        name="profile",
        rotation=np.eye(3),
        position=np.zeros(3),
        focal=np.array(SCREEN, dtype=np.float64),
        center=middle,
        radial=np.zeros(3),
        tangential=np.zeros(2),
        size=SCREEN,
    )
    numbers = np.arange(frames)
    return Clip("S0", "Profile", camera, numbers, np.zeros((frames, joints, 3)), keypoints)
