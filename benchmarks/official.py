"""Plain equivalents of the official stages: its calls per sample, in its order.

Written from a description of what the official code does, not from the code. Matrices of crops
and random draws are taken from hrbench on both sides: they cost the same there.

Letters: B crops, K keypoints, h x w cells of a map; points are x, y.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from hrbench.data.augment import Draw, half_body_crop
from hrbench.data.cutting import AffineCutting
from hrbench.data.loader import drawn
from hrbench.data.sample import People
from hrbench.geometry import Floats, crop_matrix
from hrbench.heads.codec import Codec
from hrbench.network import ImageNetwork
from hrbench.spec import Augment

READ = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
Pairs = Sequence[tuple[int, int]]
FlipBack = Callable[[NDArray[np.float32], Pairs], NDArray[np.float32]]
MEAN = torch.tensor([0.485, 0.456, 0.406])
DEVIATION = torch.tensor([0.229, 0.224, 0.225])


class TrainingSamples(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """An augmented, normalised crop with its maps and weights, made whole in the worker."""

    def __init__(
        self, people: People, cutting: AffineCutting, augment: Augment, codec: Codec, seed: int
    ) -> None:
        self.people, self.cutting, self.augment = people, cutting, augment
        self.codec, self.seed = codec, seed

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor, Tensor]:
        people = self.people
        image = read(people, row)
        joints, visible = people.keypoints[row].copy(), people.visible[row].copy()
        draw = drawn(self.augment, visible, self.seed, 0, row)
        pixels = self.cut(image, joints, visible, row, draw)
        target, weight = targets(joints, visible, self.codec)
        return pixels, torch.from_numpy(target), torch.from_numpy(weight)

    def cut(
        self,
        image: NDArray[np.uint8],
        joints: NDArray[np.float64],
        visible: NDArray[np.bool_],
        row: int,
        draw: Draw,
    ) -> Tensor:
        """Return the crop; `joints` and `visible` are moved along with it, in place."""
        size, upper_body = self.cutting.size, self.cutting.upper_body
        center, scale = self.people.centers[row].copy(), self.people.scales[row]
        if draw.half_body:
            aspect = size[0] / size[1]
            half = half_body_crop(joints, visible, upper_body, aspect, upper=draw.upper)
            center, scale = half or (center, scale)
        resized = scale * np.float64(draw.scale)
        if draw.flip:
            image = image[:, ::-1, :]
            mirror_keypoints(joints, visible, image.shape[1], self.cutting.flip_pairs)
            center[0] = image.shape[1] - center[0] - 1
        matrix = crop_matrix(center, resized, size, rotation=draw.rotation)
        pixels = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR)
        normalised = to_tensor(pixels)
        for index in range(len(joints)):
            if visible[index] > 0:
                joints[index] = move(joints[index], matrix)
        return normalised


class EvaluationSamples(Dataset[Tensor]):
    """A normalised crop per box; the image is read again for each.

    The official dataset makes targets here too, for the loss that it prints.
    """

    def __init__(self, people: People, size: tuple[int, int]) -> None:
        self.people, self.size = people, size

    def __len__(self) -> int:
        return len(self.people)

    def __getitem__(self, row: int) -> Tensor:
        image = read(self.people, row)
        matrix = crop_matrix(self.people.centers[row], self.people.scales[row], self.size)
        return to_tensor(cv2.warpAffine(image, matrix, self.size, flags=cv2.INTER_LINEAR))


def read(people: People, row: int) -> NDArray[np.uint8]:
    """Return the whole image of a box in RGB."""
    image = cv2.imread(str(people.images[people.image[row]]), READ)
    if image is None:
        raise SystemExit(f"{people.images[people.image[row]]} cannot be read")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def to_tensor(pixels: NDArray[Any]) -> Tensor:
    """Return a (3, H, W) normalised crop, by the steps of ToTensor and Normalize."""
    image = torch.from_numpy(pixels).permute(2, 0, 1).contiguous().to(torch.float32).div(255)
    return image.clone().sub_(MEAN[:, None, None]).div_(DEVIATION[:, None, None])


def mirror_keypoints(
    joints: NDArray[np.float64], visible: NDArray[np.bool_], width: int, pairs: Pairs
) -> None:
    """Mirror in place, pair by pair."""
    joints[:, 0] = width - joints[:, 0] - 1
    for left, right in pairs:
        joints[left], joints[right] = joints[right].copy(), joints[left].copy()
        visible[left], visible[right] = visible[right].copy(), visible[left].copy()
    joints *= visible[:, None]


def move(point: Floats, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one point moved by a matrix."""
    moved: NDArray[np.float64] = np.dot(matrix, np.array([point[0], point[1], 1.0]))
    return moved


def targets(
    joints: NDArray[np.float64], visible: NDArray[np.bool_], codec: Codec
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (K, h, w) maps and (K, 1) weights, drawn keypoint by keypoint."""
    maps = np.zeros((len(joints), codec.height, codec.width), dtype=np.float32)
    weights = np.ones((len(joints), 1), dtype=np.float32)
    weights[:, 0] = visible
    reach = int(codec.sigma * 3)
    for index, joint in enumerate(joints):
        x, y = int(joint[0] / codec.stride + 0.5), int(joint[1] / codec.stride + 0.5)
        left, top, right, bottom = x - reach, y - reach, x + reach + 1, y + reach + 1
        if left >= codec.width or top >= codec.height or right < 0 or bottom < 0:
            weights[index] = 0
            continue
        steps = np.arange(0, 2 * reach + 1, 1, dtype=np.float32)
        squared = (steps - reach) ** 2 + (steps[:, None] - reach) ** 2
        bump = np.exp(-squared / (2 * codec.sigma**2))
        columns = slice(max(0, left), min(right, codec.width))
        rows = slice(max(0, top), min(bottom, codec.height))
        if weights[index] > 0.5:
            inside = slice(rows.start - top, rows.stop - top)
            across = slice(columns.start - left, columns.stop - left)
            maps[index, rows, columns] = bump[inside, across]
    return maps, weights


def decode(maps: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (B, K, 2) cells and (B, K) scores; the quarter step keypoint by keypoint."""
    height, width = maps.shape[2:]
    flat = maps.reshape(*maps.shape[:2], -1)
    best, scores = flat.argmax(axis=2), flat.max(axis=2)
    cells = np.tile(best[..., None], (1, 1, 2)).astype(np.float32)
    cells[..., 0] = cells[..., 0] % width
    cells[..., 1] = np.floor(cells[..., 1] / width)
    cells *= np.tile((scores > 0)[..., None], (1, 1, 2)).astype(np.float32)
    for n in range(maps.shape[0]):
        for k in range(maps.shape[1]):
            values = maps[n][k]
            x = int(np.floor(cells[n][k][0] + 0.5))
            y = int(np.floor(cells[n][k][1] + 0.5))
            if 1 < x < width - 1 and 1 < y < height - 1:
                step = np.array(
                    [values[y][x + 1] - values[y][x - 1], values[y + 1][x] - values[y - 1][x]]
                )
                cells[n][k] += np.sign(step) * 0.25
    return cells, scores


def to_image(
    cells: NDArray[np.float32], centers: Floats, scales: Floats, size: tuple[int, int]
) -> NDArray[np.float32]:
    """Return (B, K, 2) image pixels, crop by crop and point by point."""
    found = cells.copy()
    for n in range(len(cells)):
        matrix = crop_matrix(centers[n], scales[n], size, inverse=True)
        for k in range(len(cells[n])):
            found[n, k] = move(cells[n, k], matrix)
    return found


def final_predictions(
    maps: NDArray[np.float32], centers: Floats, scales: Floats, size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (B, K, 2) image pixels and (B, K) scores."""
    cells, scores = decode(maps)
    return to_image(cells, centers, scales, size), scores


def flip_back(maps: NDArray[np.float32], pairs: Pairs) -> NDArray[np.float32]:
    """Return the maps of mirrored crops turned back, pair by pair."""
    turned = maps[:, :, :, ::-1]
    for left, right in pairs:
        kept = turned[:, left].copy()
        turned[:, left] = turned[:, right]
        turned[:, right] = kept
    return turned


def network(ours: ImageNetwork, _backbone: str) -> nn.Module:
    """Return the same network from normalised crops on."""
    plain = copy.deepcopy(ours)
    plain.normalise = nn.Identity()
    return plain


def flip_tested(
    network: nn.Module, images: Tensor, pairs: Pairs, flip_back: FlipBack = flip_back
) -> Tensor:
    """Return the mean maps of crops and their mirror images, the mirroring done in NumPy."""
    output: Tensor = network(images)
    mirrored = torch.from_numpy(np.flip(images.cpu().numpy(), 3).copy()).to(images.device)
    turned = torch.from_numpy(flip_back(network(mirrored).cpu().numpy(), pairs).copy())
    turned = turned.to(images.device)
    turned[:, :, :, 1:] = turned.clone()[:, :, :, :-1]
    return (output + turned) * 0.5


def mse(output: Tensor, maps: Tensor, weights: Tensor) -> Tensor:
    """Return the loss of (B, K, h, w) maps with (B, K, 1) weights, keypoint by keypoint."""
    batch, keypoints = output.shape[:2]
    predicted = output.reshape((batch, keypoints, -1)).split(1, 1)
    wanted = maps.reshape((batch, keypoints, -1)).split(1, 1)
    loss = torch.zeros(())
    for k in range(keypoints):
        weight = weights[:, k]
        error = nn.functional.mse_loss(
            predicted[k].squeeze(1).mul(weight), wanted[k].squeeze(1).mul(weight)
        )
        loss = loss + 0.5 * error
    return loss / keypoints
