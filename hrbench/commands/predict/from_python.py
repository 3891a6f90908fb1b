"""A network put to work from Python: what `hrbench.load` returns.

Letters: N boxes, H x W pixels.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from hrbench.arrays import Pixels
from hrbench.commands.predict import box_numbers, search
from hrbench.commands.predict.boxes import (
    DETECTOR,
    WHOLE,
    Boxes,
    Find,
    Wished,
    boxes_of,
    whole_pictures,
)
from hrbench.commands.predict.from_pictures import TOGETHER
from hrbench.commands.predict.pictures import Picture, Read, grouped, picture
from hrbench.data.media import Medium
from hrbench.data.pillow import UNREADABLE
from hrbench.engine.progress import Steps
from hrbench.engine.runtime import Runtime
from hrbench.errors import DataError, RunError
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.found import Found
from hrbench.kinds.predictor import Continuation, PicturePredictor
from hrbench.kinds.registry import kind_of
from hrbench.road.loading import Loaded
from hrbench.road.telling import tell

Source: TypeAlias = str | Path | Image.Image | NDArray[np.uint8]
DEEP = "IF"  # how Pillow's modes begin that have more than 8 bits: it would cut what is above
THRESHOLD = 0.3  # of a box's score, as the command has it


def model_of(loaded: Loaded, runtime: Runtime, batch: int) -> "Model":
    """Return what finds in pictures what a task is about."""
    kind = kind_of(loaded.task.spec)
    if kind.of_predictions is not None:
        return ContinuingModel(
            loaded.task, kind.of_predictions(loaded.task, loaded.network, runtime)
        )
    if kind.of_pictures is None:
        raise ValueError(f"nothing predicts {loaded.task.spec.name}")
    predictor = kind.of_pictures(loaded.task, loaded.network, runtime, batch)
    return PictureModel(loaded.task, predictor, runtime)


class Model(ABC):
    """A network with its task's crops, flip test and decoding.

    Attributes:
        spec: the task's.
        names: of the keypoints, joints or classes, in their order.
        edges: pairs of names between which a limb is drawn.
    """

    def __init__(self, task: AnyTask) -> None:
        self.spec, dataset = task.spec, task.dataset
        self.names = dataset.keypoints or tuple(dataset.classes.values())
        self.edges = dataset.edges

    @abstractmethod
    def predict(self, source: Any, boxes: Any = None) -> Any:
        """Return what is found in a picture; of several pictures a list of that.

        Args:
            source: a path, a PIL image, (H, W, 3) RGB bytes, or a list of these; a folder or a
                pattern (`photos/*.jpg`) of image files. What is stored turned, as the EXIF tag
                says, is set upright. To lift keypoints: what a network of these has found,
                or a folder that `hrbench predict` wrote.
            boxes: (N, 4) x, y, width, height in pixels of the upright picture, one around each
                person or face; for several pictures a list of these. Or what `hrbench predict
                --boxes` takes: "whole", "detector", a file. Without any, what that command does.

        Returns:
            `Keypoints`, `Classes` or `Joints`, as the task has it: each with `plot()`, `to_df()`
            and `to_dict()`, and shown by notebooks.

        Raises:
            HrbenchError: a picture cannot be read, or boxes are not right.
        """


class ContinuingModel(Model):
    """What goes on from keypoints that were found before."""

    def __init__(self, task: AnyTask, continuation: Continuation) -> None:
        super().__init__(task)
        self._continuation = continuation

    def predict(self, source: Any, boxes: Any = None) -> Any:
        if boxes is not None:
            raise RunError(f"boxes go with tasks of pictures, and {self.spec.name} has none")
        if isinstance(source, Found):
            return self._continuation.of(source)
        sources = source if isinstance(source, list | tuple) else [source]
        found = [
            [self._continuation.of(one)] if isinstance(one, Found) else self._in_folder(one)
            for one in sources
        ]
        return [one for part in found for one in part]

    def _in_folder(self, folder: str | Path) -> list[Found]:
        parts = self._continuation.results([str(folder)])
        return [found for part in parts for found in part.results]


class PictureModel(Model):
    """What looks into pictures."""

    def __init__(self, task: AnyTask, predictor: PicturePredictor, runtime: Runtime) -> None:
        super().__init__(task)
        self._task, self._predictor, self._runtime = task, predictor, runtime
        self._ways: dict[str | None, Boxes] = {}  # of finding boxes, that need no file

    def predict(self, source: Any, boxes: Any = None) -> Any:
        several = isinstance(source, list | tuple)
        sources = [one for named in (source if several else [source]) for one in _opened(named)]
        alone = not several and (not _is_path(source) or sources == [Path(source)])
        if alone and not (boxes is None or _is_path(boxes)):
            boxes = [boxes]
        found = list(self._found(sources, self._finding(boxes, sources)))
        return found[0] if alone else found

    def _found(self, sources: Sequence[Source], find: Find) -> Iterator[Found]:
        pictures = (self._picture(index, source) for index, source in enumerate(sources))
        with Steps("predicting", len(sources), shown=len(sources) > TOGETHER) as steps:
            for group in grouped(pictures, TOGETHER):
                images = [one.pixels for one in group]
                boxes = find(group, [self._predictor.to_bgr(image) for image in images])
                for one, found in zip(group, self._predictor.results(images, boxes), strict=True):
                    source = sources[one.image_id]
                    yield self._of_file(source, found) if isinstance(source, Path) else found
                    steps.advance()

    def _of_file(self, path: Path, found: Found) -> Found:
        """Return what was found with the file's name, without pixels that can be read again."""
        again = partial(_read_again, path, self._predictor.read, self._predictor.to_bgr)
        return replace(found, file=str(path), picture=again)

    def _picture(self, index: int, source: Source) -> Picture:
        if isinstance(source, Path):
            return picture(source, index, self._predictor.read)
        pixels = self._predictor.from_bgr(_rgb(source)[..., ::-1])
        return Picture(Path(), None, index, turned=False, pixels=pixels)

    def _finding(self, boxes: Any, sources: Sequence[Source]) -> Find:
        """Return what finds the boxes that are asked for."""
        if not self._predictor.in_boxes:
            if boxes is not None and str(boxes) != WHOLE:
                raise RunError(f"boxes go with keypoints in images; {self.spec.name} finds none")
            return whole_pictures
        if boxes is None or _is_path(boxes):
            return self._way(None if boxes is None else str(boxes), sources).find
        count = len(boxes) if isinstance(boxes, Sequence | np.ndarray) else 0
        if count != len(sources):
            raise DataError(f"boxes: {count} lists for {len(sources)} pictures; one for each")
        return partial(box_numbers.given, boxes, self._task.options.allow)

    def _way(self, asked: str | None, sources: Sequence[Source]) -> Boxes:
        if asked in self._ways:
            return self._ways[asked]
        paths = [source for source in sources if isinstance(source, Path)]
        if asked not in {None, WHOLE, DETECTOR} and len(paths) < len(sources):
            raise DataError(f"boxes: {asked} has boxes of files; name pictures by their paths")
        allow = self._task.options.allow
        media = [Medium(path, is_video=False) for path in paths]
        wished = Wished(asked, THRESHOLD, allow=allow, key="boxes=")
        way = boxes_of(wished, self._task.dataset, media, self._runtime)
        for words in way.words:
            tell(words)
        if asked in {None, WHOLE, DETECTOR}:
            self._ways[asked] = way
        return way


def _read_again(path: Path, read: Read, to_bgr: Callable[[NDArray[Any]], Pixels]) -> Pixels:
    return to_bgr(picture(path, 0, read).pixels)


def _is_path(source: Any) -> bool:
    return isinstance(source, str | Path)


def _opened(source: Any) -> list[Source]:
    """Return the pictures that a source is of; of a folder or a pattern the files.

    Raises:
        DataError: it is none, or no file that can be read.
    """
    if not _is_path(source):
        return [source]
    named = search.find([str(source)])
    if named.broken:
        raise DataError(str(named.broken[0]))
    for medium in named.media:
        if medium.is_video:
            raise DataError(f"{medium.path} is a video, which `hrbench predict` goes through")
    return [medium.path for medium in named.media]


def _rgb(source: Any) -> Pixels:
    """Return the RGB pixels of a picture that is at hand, upright."""
    if isinstance(source, Image.Image):
        if source.mode[0] in DEEP:
            raise DataError(f"image: 8 bits for each colour, not {source.mode}; name its path")
        try:
            return np.asarray(ImageOps.exif_transpose(source).convert("RGB"))
        except UNREADABLE as error:
            raise DataError(f"image: it cannot be decoded ({error})") from error
    if not isinstance(source, np.ndarray):
        kind = type(source).__name__
        raise DataError(f"image: a path, a PIL image or an array, not {kind}")
    if source.ndim != 3 or source.shape[2] != 3 or source.dtype != np.uint8 or not source.size:
        raise DataError(f"image: (H, W, 3) uint8 RGB, not {source.shape} {source.dtype}")
    return source
