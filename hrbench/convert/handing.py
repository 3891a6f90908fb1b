"""Datasets written for other programs: COCO keypoints, and YOLO poses.

Letters: K keypoints.

Source: cocodataset.org, "Data format"; docs.ultralytics.com, "Pose Estimation Datasets".
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from hrbench.convert import placing, yolo_labels
from hrbench.convert.labels import TEST, TRAIN, VAL, Picture, Skeleton
from hrbench.convert.writing import Content, category

COCO, YOLO = "coco", "yolo"
WORDS = {COCO: "COCO keypoints", YOLO: "YOLO pose, described by data.yaml"}
Splits = Mapping[str, Sequence[Picture]]
IMAGES, LABELS = "images", "labels"
COCO_FILE = "annotations/person_keypoints_{split}.json"


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is handed over."""

    splits: Splits  # pictures with their sizes, by TRAIN, VAL and TEST
    skeleton: Skeleton
    category: str  # what the objects are called
    notes: tuple[str, ...] = ()  # what a reader should know of where it comes from


@dataclass(frozen=True, slots=True)
class Handed:
    """What was written."""

    folder: Path
    to: str
    images: dict[str, int]  # by split
    objects: dict[str, int]
    left_out: tuple[str, ...]  # in words
    notes: tuple[str, ...]

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self) | {"folder": str(self.folder)}

    def text(self) -> str:
        """Return it for a reader."""
        counts = [
            f"{split}: {count:,} images, {self.objects[split]:,} objects"
            for split, count in self.images.items()
        ]
        left_out = [f"left out: {words}" for words in self.left_out]
        notes = [f"note: {words}" for words in self.notes]
        return "\n".join([f"{self.folder}: {WORDS[self.to]}", *counts, *left_out, *notes])


def write(dataset: Dataset, folder: Path, to: str) -> Handed:
    """Write a dataset into a folder that has nothing of it yet.

    Raises:
        OSError: it cannot be written, or a picture not be read.
    """
    left_out, objects = Counter[str](), dict[str, int]()
    for split, pictures in dataset.splits.items():
        files = list(placing.names(pictures))
        place = folder / (f"{IMAGES}/{split}" if to == COCO else f"{split}/{IMAGES}")
        place.mkdir(parents=True)
        for picture, name in zip(pictures, files, strict=True):
            placing.put(picture, place / name)
        objects[split] = _WRITERS[to](dataset, split, files, folder, left_out)
    if to == YOLO:
        _describe(dataset, folder)
    return Handed(
        folder,
        to,
        {split: len(pictures) for split, pictures in dataset.splits.items()},
        objects,
        tuple(f"{count:,} {what}" for what, count in left_out.items() if count),
        dataset.notes,
    )


def _coco(dataset: Dataset, split: str, files: Sequence[str], folder: Path, _: Counter[str]) -> int:
    """Write a split's annotations with COCO's fields but outlines; return how many there are."""
    images, rows = list[Content](), list[Content]()
    for number, (picture, name) in enumerate(zip(dataset.splits[split], files, strict=True), 1):
        width, height = _size(picture)
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        for labelled in picture.objects:
            box = [0.0, 0.0, 0.0, 0.0] if labelled.box is None else list(labelled.box)
            area = box[2] * box[3] if labelled.area is None else labelled.area
            rows.append(
                {
                    "id": len(rows) + 1,
                    "image_id": number,
                    "category_id": 1,
                    "iscrowd": int(labelled.crowd),
                    "bbox": box,
                    "area": area,
                    "num_keypoints": labelled.count,
                    "keypoints": labelled.flat,
                }
            )
    kind = category(dataset.category, dataset.skeleton)
    content = {
        "info": {"description": f"{dataset.category}, {split}, written by hrbench convert"},
        "images": images,
        "annotations": rows,
        "categories": [kind | {"supercategory": dataset.category}],
    }
    file = folder / COCO_FILE.format(split=split)
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content), "utf-8")
    return len(rows)


def _yolo(
    dataset: Dataset, split: str, files: Sequence[str], folder: Path, left_out: Counter[str]
) -> int:
    """Write a text of labels for each picture of a split; return how many objects they have."""
    count, place = 0, folder / split / LABELS
    place.mkdir()
    for picture, name in zip(dataset.splits[split], files, strict=True):
        lines = list(yolo_labels.lines(picture.objects, _size(picture), left_out))
        count += len(lines)
        text = "".join(f"{line}\n" for line in lines)
        (place / f"{Path(name).stem}.txt").write_text(text, "utf-8")
    return count


def _describe(dataset: Dataset, folder: Path) -> None:
    """Write data.yaml, with the keypoints' names and edges as sleap-io has them besides.

    Without a `path`, Ultralytics takes places as seen from the file's own folder.
    """
    names = list(dataset.skeleton.keypoints)
    place = {name: index for index, name in enumerate(names)}
    flips = list(range(len(names)))
    for left, right in dataset.skeleton.flip_pairs:
        flips[place[left]], flips[place[right]] = place[right], place[left]
    there = {split: f"{split}/{IMAGES}" for split in (TRAIN, VAL, TEST) if split in dataset.splits}
    if VAL not in there:
        there[VAL] = there.get(TEST, there[next(iter(there))])  # which Ultralytics wants
    content = {
        **there,
        "kpt_shape": [len(names), 3],
        "flip_idx": flips,
        "names": {0: dataset.category},
        "kpt_names": {0: names},
        "node_names": names.copy(),  # else YAML refers to the list above
        "skeleton": [[place[start], place[end]] for start, end in dataset.skeleton.edges],
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None)
    (folder / "data.yaml").write_text(text, "utf-8")


def _size(picture: Picture) -> tuple[int, int]:
    if picture.size is None:
        raise ValueError(f"{picture.path}: nobody has said how large it is")
    return picture.size


_Writer = Callable[[Dataset, str, Sequence[str], Path, Counter[str]], int]
_WRITERS: dict[str, _Writer] = {COCO: _coco, YOLO: _yolo}
