"""From files of pictures to a folder of predictions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hrbench
from hrbench.data import given_boxes, remarks
from hrbench.data.media import Medium, find
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime, choose_device, machine_limits
from hrbench.errors import RunError
from hrbench.pipeline.classes.job import ClassificationJob
from hrbench.pipeline.job import Job
from hrbench.pipeline.landmarks.job import LandmarkJob
from hrbench.pipeline.lifting.job import LiftingJob
from hrbench.pipeline.loading import load
from hrbench.pipeline.options import Options
from hrbench.pipeline.predict import joints, writing
from hrbench.pipeline.predict.class_work import ClassWork
from hrbench.pipeline.predict.classes import ClassPredictor
from hrbench.pipeline.predict.detector import Detector
from hrbench.pipeline.predict.keypoint_work import (
    Find,
    KeypointWork,
    from_table,
    whole_pictures,
)
from hrbench.pipeline.predict.keypoints import KeypointPredictor
from hrbench.pipeline.predict.pictures import Picture, grouped, image_id, pictures
from hrbench.pipeline.predict.work import Result, Work
from hrbench.pipeline.training import tell

WHOLE, DETECTOR = "whole", "detector"
TOGETHER = 16  # pictures that are held at once


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asks of a prediction besides task and weights, which are in `options`."""

    task: str
    sources: tuple[str, ...]
    options: Options
    output: str | None = None
    boxes: str = WHOLE  # or detector, or a file
    box_threshold: float = 0.3
    detector: str | None = None  # a file of its weights
    batch: int = 32
    draw: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there was."""

    pictures: int
    found: int  # objects, or classified pictures
    turned: int = 0  # pictures that EXIF said to turn


@dataclass(frozen=True, slots=True)
class Done:
    """What was written where."""

    folder: Path
    files: tuple[str, ...]
    counts: Counts


def predict(asked: Asked) -> Done:
    """Find what the task finds in every picture, and write it down.

    Raises:
        HrbenchError: a source, the boxes, the weights or the folder are not right; nothing is
            left of the folder then.
    """
    remarks.taken()  # of what was read before
    runtime = Runtime(choose_device(asked.options.device))
    job = load(asked.task, asked.options)
    if isinstance(job, LiftingJob):
        found = list(joints.lifted(job, asked.sources, runtime))
        with writing.folder(asked.output) as (draft, target):
            count = joints.write(draft, job, found, draw=asked.draw)
            return _finished(draft, target, _about(job, asked), Counts(count, count))
    media = find(asked.sources)
    work = _work(job, media, asked, runtime)
    with writing.folder(asked.output) as (draft, target), machine_limits():
        about, counts = _written(work, media, asked, draft)
        return _finished(draft, target, _about(job, asked) | about, counts)


def _work(job: Job[Any], media: list[Medium], asked: Asked, runtime: Runtime) -> Work:
    if isinstance(job, LandmarkJob):
        return KeypointWork(
            KeypointPredictor(job, runtime, asked.batch), _find(asked, media, runtime)
        )
    if asked.boxes != WHOLE:
        raise RunError(f"--boxes goes with tasks of keypoints in images; {job.spec.name} is none")
    if isinstance(job, ClassificationJob):
        return ClassWork(ClassPredictor(job, runtime))
    raise ValueError(f"nothing predicts {job.spec.name}")


def _find(asked: Asked, media: list[Medium], runtime: Runtime) -> Find:
    if asked.boxes == WHOLE:
        return whole_pictures
    if asked.boxes == DETECTOR:
        return Detector(runtime.device, asked.detector, asked.box_threshold)
    table = given_boxes.read(Path(asked.boxes), asked.box_threshold)
    for place, medium in enumerate(media, start=1):
        number = image_id(medium.path, place)
        if given_boxes.has_any(table, medium.path, number, is_video=medium.is_video):
            return from_table(table)
    raise RunError(
        f"--boxes {asked.boxes}: no box of it is in any of the pictures; its images are named by "
        "'file_name', or by an 'image_id' that the file is called by"
    )


def _written(
    work: Work, media: list[Medium], asked: Asked, draft: Path
) -> tuple[dict[str, Any], Counts]:
    """Write rows and drawn pictures; return what to say about them."""
    rows: list[dict[str, Any]] = []
    cells: list[list[Any]] = []
    files: dict[str, dict[str, Any]] = {}
    turned = pictures_seen = 0
    album = writing.Album(draft / writing.DRAWN, media) if asked.draw else None
    try:
        for picture, result in _results(work, media):
            rows += result.rows
            cells += result.cells
            turned += picture.turned
            pictures_seen += 1
            files[str(picture.path)] = dict(zip(("width", "height"), result.size, strict=True))
            if album is not None:
                album.add(picture, result.drawn)
    finally:
        if album is not None:
            album.close()
    writing.write_rows(draft / f"{work.file}.json", rows)
    writing.write_table(draft / f"{work.file}.csv", work.header, cells)
    for medium in media:
        if medium.is_video:
            files[str(medium.path)]["rate"] = medium.rate
    return work.about | {"files": files}, Counts(pictures_seen, len(rows), turned)


def _finished(draft: Path, target: Path, about: dict[str, Any], counts: Counts) -> Done:
    text = json.dumps(about, indent=2, ensure_ascii=False)
    (draft / writing.ABOUT).write_text(text + "\n", "utf-8")
    names = tuple(sorted(str(p.relative_to(draft)) for p in draft.rglob("*") if p.is_file()))
    return Done(target, names, counts)


def _results(work: Work, media: list[Medium]) -> Iterator[tuple[Picture, Result]]:
    seen = pictures(media, work.read, work.from_bgr)
    with Steps("predicting", sum(medium.length for medium in media)) as steps:
        for group in grouped(seen, TOGETHER):
            for picture, result in zip(group, work.results(group), strict=True):
                yield picture, result
                steps.advance()


def _about(job: Job[Any], asked: Asked) -> dict[str, Any]:
    return {
        "hrbench": hrbench.__version__,
        "task": job.spec.name,
        "variant": job.spec.variant,
        "weights": {"file": asked.options.weights, "sha256": job.sha256},
        "boxes": asked.boxes,
        "protocol": job.spec.protocol.plain(),
    }


def say(done: Done, asked: Asked) -> None:
    """Tell the user what may surprise in the results."""
    counts = done.counts
    for sentence in remarks.sentences():
        tell(sentence)
    if counts.turned:
        tell(
            f"{counts.turned} of {counts.pictures} pictures were turned as their EXIF tag says; "
            "coordinates are those of the upright picture"
        )
    if asked.boxes == WHOLE and f"{KeypointWork.file}.json" in done.files:
        tell(
            "Each picture was taken as one box; --boxes FILE names others, --boxes detector people"
        )
