"""Write the world as COCO: its folders, its file names, its fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hrbench.world.canvas import contains
from hrbench.world.files import rounded, write_jpeg, write_json
from hrbench.world.making import Counts, Making
from hrbench.world.people.detections import Box, detect
from hrbench.world.people.figure import visible
from hrbench.world.people.picture import Picture, sample_picture

KEYPOINTS = (
    "nose",
    *("left_eye", "right_eye", "left_ear", "right_ear"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist", "left_hip", "right_hip"),
    *("left_knee", "right_knee", "left_ankle", "right_ankle"),
)
_EDGES = (
    *((16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9)),
    *((8, 10), (9, 11), (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7)),
)
_CATEGORY = {
    "supercategory": "person",
    "id": 1,
    "name": "person",
    "keypoints": KEYPOINTS,
    "skeleton": _EDGES,  # counted from 1
}
_LICENSE = {"id": 1, "name": "made by hrbench, no rights reserved", "url": ""}
_HEADER = {
    "info": {
        "description": "hrbench's synthetic world in COCO's format: drawn people, not COCO",
        "url": "",
        "version": "1.0",
        "year": 2026,
        "contributor": "hrbench",
        "date_created": "2026/01/01",
    },
    "licenses": [_LICENSE],
}
_HIDDEN, _VISIBLE = 1, 2  # COCO's flags; 0 is a keypoint that has no place in the picture
_FEWEST = 16  # pixels: somebody of whom less is seen would not be annotated


@dataclass(frozen=True, slots=True)
class Split:
    """One part of the dataset."""

    number: int  # seeds and image ids of no two splits are the same
    name: str  # of the folder of images
    share: int  # one image to so many of the training set
    annotations: str
    detections: str | None = None


SPLITS = (
    Split(0, "train2017", 1, "person_keypoints_train2017.json"),
    Split(
        1,
        "val2017",
        4,
        "person_keypoints_val2017.json",
        "COCO_val2017_detections_AP_H_56_person.json",
    ),
    Split(
        2,
        "test2017",
        16,
        "image_info_test-dev2017.json",
        "COCO_test-dev2017_detections_AP_H_609_person.json",
    ),
)
_FIRST_ID = 1_000_000  # ids of a split's images start at a multiple of this
_MOST_PEOPLE = 10  # in an image: annotation ids leave room for so many


@dataclass(frozen=True, slots=True)
class Page:
    """What the files of annotations say about one image."""

    image: dict[str, Any]
    annotations: list[dict[str, Any]]
    detections: list[dict[str, Any]]


def write_coco(folder: Path, making: Making) -> Counts:
    """Write COCO's tree into `folder`; return the numbers of images and people of each split."""
    counts = {}
    for name in ("annotations", "person_detection_results"):
        (folder / name).mkdir(parents=True)
    for split in SPLITS:
        target = folder / "images" / split.name
        target.mkdir(parents=True)
        draw = partial(_draw_page, target, split.number, making.seed, making.size)
        pages = list(making.drawn(draw, range(making.share(split.share))))
        _write_split(folder, split, pages)
        people = sum(len(page.annotations) for page in pages)
        counts[split.name] = {"images": len(pages), "people": people}
    return counts


def _write_split(folder: Path, split: Split, pages: list[Page]) -> None:
    images = [page.image for page in pages]
    content: dict[str, Any]
    if split.annotations.startswith("image_info"):
        category = {key: _CATEGORY[key] for key in ("supercategory", "id", "name")}
        content = _HEADER | {"images": images, "categories": [category]}
    else:
        people = [person for page in pages for person in page.annotations]
        content = _HEADER | {"images": images, "annotations": people, "categories": [_CATEGORY]}
    write_json(folder / "annotations" / split.annotations, content)
    if split.detections:
        detections = [detection for page in pages for detection in page.detections]
        write_json(folder / "person_detection_results" / split.detections, detections)


def _draw_page(folder: Path, split: int, seed: int, size: tuple[int, int], index: int) -> Page:
    """Draw one image into the folder. Its number decides all of it, whoever draws it."""
    rng = np.random.default_rng((seed, split, index))
    picture = sample_picture(rng, size)
    image_id = (split + 1) * _FIRST_ID + index
    name = f"{image_id:012d}.jpg"
    write_jpeg(folder / name, picture.image)
    people = [
        annotation
        for person in range(len(picture.scene.people))
        if (annotation := _annotate(picture, person, image_id))
    ]
    boxes: list[Box] = [annotation["bbox"] for annotation in people]
    detections = detected(rng, boxes, size, image_id)
    return Page(_describe(image_id, name, size), people, detections)


def detected(
    rng: np.random.Generator, boxes: Sequence[Box], size: tuple[int, int], image_id: int
) -> list[dict[str, Any]]:
    """Return what a detector finds of some people, in COCO's results format."""
    return [
        {"image_id": image_id, "category_id": 1, "bbox": rounded(box), "score": round(score, 4)}
        for box, score in detect(rng, boxes, size)
    ]


def _describe(image_id: int, name: str, size: tuple[int, int]) -> dict[str, Any]:
    return {
        "license": _LICENSE["id"],
        "file_name": name,
        "coco_url": "",
        "height": size[0],
        "width": size[1],
        "date_captured": "",
        "flickr_url": "",
        "id": image_id,
    }


def _annotate(picture: Picture, index: int, image_id: int) -> dict[str, Any] | None:
    """Return COCO's annotation of one person; None if too little of it shows."""
    mask = (picture.canvas.owner == index).astype(np.uint8)
    area = cv2.countNonZero(mask)
    if area < _FEWEST:
        return None
    x, y, width, height = cv2.boundingRect(mask)
    keypoints = annotated_keypoints(picture, index)
    return {
        "segmentation": _polygons(mask[y : y + height, x : x + width], (x, y)),
        "num_keypoints": int((keypoints[:, 2] > 0).sum()),
        "area": float(area),
        "iscrowd": 0,
        "keypoints": rounded(keypoints.ravel()),
        "image_id": image_id,
        "bbox": [float(x), float(y), float(width), float(height)],
        "category_id": 1,
        "id": image_id * _MOST_PEOPLE + index,
    }


def annotated_keypoints(
    picture: Picture, index: int, joints: Sequence[str] = KEYPOINTS
) -> NDArray[np.float64]:
    """Return (K, 3) x, y and COCO's flag of one person; three zeros outside the picture."""
    scene = picture.scene
    pixels, seen = visible(picture.canvas, scene.camera, scene.people[index], joints)
    flags = np.where(seen, _VISIBLE, _HIDDEN)
    inside = contains(picture.canvas.size, pixels)
    return np.column_stack((pixels, flags)) * inside[:, None]


def _polygons(mask: NDArray[np.uint8], corner: tuple[int, int]) -> list[list[float]]:
    """Return the outlines of a mask in the frame of an image where its corner lies there."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=corner)
    areas = [outline.ravel().astype(float).tolist() for outline in outlines if len(outline) > 2]
    x, y = corner
    height, width = mask.shape
    box = [x, y, x + width, y, x + width, y + height, x, y + height]
    return areas or [[float(value) for value in box]]  # a body one pixel wide has no outline
