"""Write a crowded world as CrowdPose: its folders, its file names, its fields."""

from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.world.files import rounded, write_jpeg, write_json
from hrbench.world.making import Counts, Making
from hrbench.world.people.coco import Page, annotated_keypoints, detected
from hrbench.world.people.picture import Picture, sample_picture
from hrbench.world.people.scene import Company

_LIMBS = (
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
)
KEYPOINTS = (*_LIMBS, "head", "neck")
_JOINTS = (*_LIMBS, "head_top", "neck")  # of the skeleton
_EDGES = (
    *((13, 14), (14, 1), (14, 2), (1, 3), (2, 4), (3, 5), (4, 6), (1, 7), (2, 8), (7, 8)),
    *((7, 9), (8, 10), (9, 11), (10, 12)),
)
_CATEGORY = {
    "supercategory": "person",
    "id": 1,
    "name": "person",
    "keypoints": KEYPOINTS,
    "skeleton": _EDGES,  # counted from 1
}
SHARES = {"train": 1, "val": 16, "test": 4}  # one image to so many of the training set
CROWD = Company(people=(0.1, 0.15, 0.2, 0.25, 0.2, 0.1), cover=1.6)
_DETECTIONS = "det_for_crowd_test_0.1_0.5.json"
_FIRST_ID = 1_000_000  # ids of a split's images start at a multiple of this
_MOST_PEOPLE = 10  # in an image: annotation ids leave room for so many
_FEWEST = 16  # pixels: somebody of whom less is seen would not be annotated


def write_crowdpose(folder: Path, making: Making) -> Counts:
    """Write CrowdPose's tree into `folder`; return the numbers of images and people of splits.

    A quarter as many as for training are for testing and a sixteenth for validation, one at
    least; those two serve both training and `trainval`, as officially.
    """
    for name in ("json", "images"):
        (folder / name).mkdir(parents=True)
    pages: dict[str, list[Page]] = {}
    for number, (split, share) in enumerate(SHARES.items(), start=1):
        draw = partial(_draw_page, folder / "images", number, making.seed, making.size)
        pages[split] = list(making.drawn(draw, range(making.share(share))))
    pages["trainval"] = pages["train"] + pages["val"]
    for split, drawn_pages in pages.items():
        _write_split(folder / "json" / f"crowdpose_{split}.json", drawn_pages)
    detections = [detection for page in pages["test"] for detection in page.detections]
    write_json(folder / "json" / _DETECTIONS, detections)
    return {
        split: {"images": len(all_of), "people": sum(len(page.annotations) for page in all_of)}
        for split, all_of in pages.items()
    }


def _write_split(path: Path, pages: list[Page]) -> None:
    content = {
        "images": [page.image for page in pages],
        "annotations": [person for page in pages for person in page.annotations],
        "categories": [_CATEGORY],
    }
    write_json(path, content)


def _draw_page(folder: Path, split: int, seed: int, size: tuple[int, int], index: int) -> Page:
    """Draw one image into the folder. Its number decides all of it, whoever draws it."""
    rng = np.random.default_rng((seed, split, index))
    picture = sample_picture(rng, size, CROWD)
    image_id = split * _FIRST_ID + index
    name = f"{image_id}.jpg"
    write_jpeg(folder / name, picture.image)
    seen = [n for n in range(len(picture.scene.people)) if _pixels(picture, n) >= _FEWEST]
    drawn = [annotated_keypoints(picture, person, _JOINTS) for person in seen]
    keypoints = np.array(drawn, dtype=np.float64).reshape(-1, len(KEYPOINTS), 3)
    boxes = np.array([_box(picture, n, points) for n, points in zip(seen, drawn, strict=True)])
    image = {
        "file_name": name,
        "id": image_id,
        "height": size[0],
        "width": size[1],
        "crowdIndex": round(crowd_index(keypoints, boxes.reshape(-1, 4)), 2),
    }
    people = [
        _annotation(points, box, image_id, image_id * _MOST_PEOPLE + person)
        for person, points, box in zip(seen, keypoints, boxes, strict=True)
    ]
    detections = detected(rng, [tuple(box) for box in boxes.tolist()], size, image_id)
    return Page(image, people, detections)


def _pixels(picture: Picture, person: int) -> int:
    return int((picture.canvas.owner == person).sum())


def _box(picture: Picture, person: int, keypoints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return x, y, width, height around what is seen of a person and the keypoints, hidden too."""
    mask = (picture.canvas.owner == person).astype(np.uint8)
    seen = np.array(cv2.boundingRect(mask), dtype=np.float64)
    labelled = keypoints[keypoints[:, 2] > 0, :2]
    corners = np.concatenate(([seen[:2], seen[:2] + seen[2:]], labelled))
    low, high = corners.min(axis=0), corners.max(axis=0)
    return np.concatenate((low, high - low))


def _annotation(
    keypoints: NDArray[np.float64], box: NDArray[np.float64], image_id: int, number: int
) -> dict[str, Any]:
    return {
        "num_keypoints": int((keypoints[: len(_LIMBS), 2] > 0).sum()),  # as officially
        "iscrowd": 0,
        "keypoints": rounded(keypoints.ravel()),
        "image_id": image_id,
        "bbox": rounded(box),
        "category_id": 1,
        "id": number,
    }


def crowd_index(keypoints: NDArray[np.float64], boxes: NDArray[np.float64]) -> float:
    """Return how crowded an image is: the mean over people of others' keypoints per own one.

    Counted are the labelled keypoints of others inside a person's box; people without any of
    their own are left out. 0 for nobody.

    Shapes: keypoints (P, K, 3) x, y, flag; boxes (P, 4) x, y, width, height.

    Source: Li et al. 2019, section 4.1.
    """
    labelled = keypoints[..., 2] > 0
    own = labelled.sum(axis=1)
    low, high = boxes[:, None, None, :2], (boxes[:, :2] + boxes[:, 2:])[:, None, None]
    points = keypoints[..., :2]
    inside = ((points >= low) & (points <= high)).all(axis=-1) & labelled  # (box, person, K)
    counts = inside.sum(axis=2)
    others = counts.sum(axis=1) - counts.diagonal()
    return float((others[own > 0] / own[own > 0]).mean()) if own.any() else 0.0
