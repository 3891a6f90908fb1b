"""How crops are cut from images: by an affine warp, or as the official face code does it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hrbench.data import face_crops, reach
from hrbench.data.augment import Crop, Draw, crop
from hrbench.data.framing import opened, picture
from hrbench.data.images import read_image
from hrbench.data.parts import Opened, Whole, warps
from hrbench.data.sample import Inside, People
from hrbench.geometry import CropMatrix, crop_matrix
from hrbench.spec import Augment


class Cutting(Protocol):
    """How crops are cut, the same for every sample."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a crop in pixels."""

    @property
    def scales(self) -> tuple[float, ...]:
        """S, of the crops of a box that are predicted on."""

    def augmented(self, people: People, row: int, drawn: Draw) -> Crop:
        """Return the crop that a person gets to train on for what was drawn."""

    def read(self, path: Path, inside: Inside | None = None) -> NDArray[Any]:
        """Return the (height, width, 3) stored pixels of an image, as `cut` takes them.

        Raises:
            DataError: there is no such file, or it is not a whole image.
        """

    def from_rgb(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        """Return (height, width, 3) RGB pixels as `read` gives those of a file."""

    def to_bgr(self, image: NDArray[Any]) -> NDArray[np.uint8]:
        """Return what `read` gives as (height, width, 3) BGR bytes, to draw on."""

    def cut(
        self, image: NDArray[Any], people: People, rows: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """Return (n, S, height, width, 3) RGB crops of n boxes of an image, at S scales."""

    def plain(self, people: People, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the crops of n boxes of one image, read for them."""

    def reach(self, people: People, augment: Augment | None) -> reach.Edges:
        """Return (M, 4) edges in each image that nothing is cut from beyond.

        `augment` is what is drawn for crops that are trained on; None: they are predicted on.
        """


@dataclass(frozen=True, slots=True)
class AffineCutting:
    """One affine warp per crop, sub-pixel exact.

    Source: deep-high-resolution-net.pytorch, lib/dataset/JointsDataset.py.
    """

    size: tuple[int, int]
    upper_body: tuple[int, ...] = ()
    flip_pairs: tuple[tuple[int, int], ...] = ()
    grid: CropMatrix = crop_matrix  # which pixels of a crop its edges lie on
    scales: tuple[float, ...] = (1.0,)  # of the crops that are predicted on

    def augmented(self, people: People, row: int, drawn: Draw) -> Crop:
        return crop(
            opened(people, people.image[row], self.read),
            people.keypoints[row],
            people.visible[row],
            people.centers[row],
            people.scales[row],
            self.size,
            drawn,
            upper_body=self.upper_body,
            flip_pairs=self.flip_pairs,
            grid=self.grid,
        )

    def read(self, path: Path, inside: Inside | None = None) -> NDArray[np.uint8]:
        return read_image(path, inside)

    def from_rgb(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(image[..., ::-1])

    def to_bgr(self, image: NDArray[Any]) -> NDArray[np.uint8]:
        return image

    def cut(
        self, image: NDArray[Any], people: People, rows: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        return self._crops(Whole(image), people, rows)

    def plain(self, people: People, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return self._crops(opened(people, people.image[rows[0]], self.read), people, rows)

    def _crops(self, image: Opened, people: People, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        matrices = [
            self.grid(people.centers[row], people.scales[row] * scale, self.size)
            for row in rows
            for scale in self.scales
        ]
        width, height = self.size
        crops = warps(image, matrices, self.size)
        return crops.reshape(len(rows), len(self.scales), height, width, 3)

    def reach(self, people: People, augment: Augment | None) -> reach.Edges:
        return reach.of_warps(people, self.size, self.upper_body, self.scales, augment)


@dataclass(frozen=True, slots=True)
class OfficialFaceCutting:
    """The published face code's crop, rounding for rounding; `data.face_crops` says how.

    Source: HRNet-Facial-Landmark-Detection, lib/utils/transforms.py and lib/datasets.
    """

    size: tuple[int, int]
    flip_pairs: tuple[tuple[int, int], ...] = ()
    counted_from: int = 0  # the pixel number of the top-left pixel in the set's files
    scales: tuple[float, ...] = (1.0,)

    def augmented(self, people: People, row: int, drawn: Draw) -> Crop:
        return face_crops.crop(
            picture(people, people.image[row], self.read),
            people.keypoints[row] + self.counted_from,
            people.centers[row] + self.counted_from,
            people.scales[row],
            drawn,
            size=self.size,
            flip_pairs=self.flip_pairs,
        )

    def read(self, path: Path, inside: Inside | None = None) -> face_crops.RgbPixels:
        return face_crops.read_rgb(path, inside)

    def from_rgb(self, image: NDArray[np.uint8]) -> face_crops.RgbPixels:
        return image.astype(np.float32)

    def to_bgr(self, image: NDArray[Any]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(image[..., ::-1]).astype(np.uint8)

    def cut(
        self, image: NDArray[Any], people: People, rows: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        crops = [
            face_crops.cut(
                image, people.centers[row] + self.counted_from, people.scales[row], self.size
            )
            for row in rows
        ]
        return np.stack(crops)[:, None]

    def plain(self, people: People, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return self.cut(picture(people, people.image[rows[0]], self.read), people, rows)

    def reach(self, people: People, augment: Augment | None) -> reach.Edges:
        return reach.of_faces(people, self.size, augment)
