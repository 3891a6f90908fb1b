"""Each file of a split but its images: what it has, and what is wrong with it."""

import hashlib
from pathlib import Path
from typing import Any

from hrbench.data.inspect import Fault, stated
from hrbench.errors import DataError
from hrbench.formats import own
from hrbench.formats.boxes import choosing, detections
from hrbench.formats.coco import annotations
from hrbench.formats.findings import Facts, Part, counted
from hrbench.formats.listings import Listing, listing
from hrbench.formats.mpii import head_truth, reader
from hrbench.spec import DatasetSpec, Split


@annotations.no_collection()
def annotated(
    dataset: DatasetSpec,
    split: Split,
    root: Path,
    place: str,
    real: tuple[int | None, int | None],
) -> tuple[Part, Listing | None, list[Fault]]:
    """Look at the file of annotations; `real` is how many images and samples it should have."""
    content, found = content_of(root, place)
    listed = None
    if not found:
        listed, found = listing(root, place, content, dataset, split)
    if listed is None:
        return _file("annotations", place, content, {}, "not usable"), None, found
    listed = own.of_split(listed, dataset, split)
    images, samples = real
    count, persons = len(listed.names), listed.persons
    facts: Facts = {"images": count, "real_images": images}
    words = counted(count, "images", images)
    if split.annotated:
        facts |= {"persons": persons, "labelled": listed.labelled}
        words += f", {counted(persons, listed.what, samples)}"
        words += f", {listed.labelled:,} of them with keypoints"
    if samples is not None:
        facts["real_samples"] = samples
    if not count:
        found.append(stated("no image is listed"))
    elif split.annotated and not listed.labelled and not found:
        found.append(stated("no person has a keypoint"))
    return _file("annotations", place, content, facts, words), listed, found


def content_of(root: Path, place: str) -> tuple[bytes, list[Fault]]:
    """Return the bytes of a file; none of a folder, whose files are read one by one."""
    if (root / place).is_dir():
        return b"", []
    try:
        return (root / place).read_bytes(), []
    except OSError as error:
        return b"", [stated(f"{place} cannot be read: {error.strerror}")]


def heads(root: Path, place: str, table: reader.Annotations) -> tuple[Part, list[Fault]]:
    """Look at the file of the heads that PCKh measures by, beside the annotated persons."""
    content = (root / place).read_bytes()
    facts: Facts = {}
    words = "not usable"
    try:
        truth, found = head_truth.examined(root / place, table)
        facts["heads"] = len(truth.head_sizes)
        words = f"{len(truth.head_sizes):,} heads"
    except DataError as error:
        found = [stated(str(error))]
    return _file("heads", place, content, facts, words), found


def detected(root: Path, place: str, listed: Listing | None) -> tuple[Part, list[Fault]]:
    """Look at a file of detections; those of the images that are listed, where these are known."""
    content, said, faults = _read(root / place)
    found, faults = (None, faults) if faults else detections.examined(said)
    if found is None:
        return _file("detections", place, content, {}, "not usable"), faults
    boxes = found
    if listed is not None and listed.images is not None:
        chosen, _, more = choosing.of_split(found, listed.images)
        boxes, faults = chosen.boxes, [*faults, *more]
    if not len(found):
        faults.append(stated("there is no box in the detections"))
    images = len(set(boxes.images))
    words = f"{len(boxes):,} boxes in {images:,} images"
    facts: Facts = {"boxes": len(boxes), "images": images}
    return _file("detections", place, content, facts, words), faults


def _read(path: Path) -> tuple[bytes, Any, list[Fault]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        return b"", None, [stated(f"{path.name} cannot be read: {error.strerror}")]
    try:
        return content, detections.parsed(content, Path(path.name)), []
    except DataError as error:
        return content, None, [stated(str(error))]


def _file(name: str, place: str, content: bytes, facts: Facts, words: str) -> Part:
    return Part(name, place, len(content), hashlib.sha256(content).hexdigest(), facts, words)
