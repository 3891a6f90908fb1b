"""From pictures to rows, drawn pictures and counts, in a folder."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from hrbench.commands.predict import writing
from hrbench.commands.predict.boxes import Boxes
from hrbench.commands.predict.pictures import Picture, grouped, image_ids, pictures
from hrbench.commands.predict.skipped import Skipped
from hrbench.data.media import Medium
from hrbench.data.remarks import remark
from hrbench.engine.progress import Steps
from hrbench.kinds.found import Found
from hrbench.kinds.predictor import Follower, PicturePredictor
from hrbench.road.telling import tell

TOGETHER = 16  # pictures that are held at once
Follow = Callable[[Any, float], Found]
DIGITS = 6  # behind the point, of seconds
SHORTENED = "videos of which fewer frames can be read than their header says"
BEYOND = "videos with boxes of frames that they do not have"
EMPTY = "videos with frames in which nothing was looked for or found"


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there was."""

    pictures: int
    found: int  # objects, or classified pictures
    turned: int = 0  # pictures that EXIF said to turn
    without_boxes: int = 0  # files of which a file of boxes has none
    skipped: tuple[str, ...] = ()  # files that cannot be read, and why


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predictor put to work on files of pictures."""

    predictor: PicturePredictor
    media: Sequence[Medium]
    boxes: Boxes
    said: Sequence[str] = ()  # to the user, once the first pictures are read
    follower: Follower | None = None  # of the objects of videos
    marks: tuple[str, ...] = ()  # that are drawn on request

    def written(
        self, draft: Path, skipped: Skipped, *, draw: bool
    ) -> tuple[dict[str, Any], Counts]:
        """Write rows and drawn pictures; return what to say about the files, and counts."""
        rows, turned = writing.Rows(tracked=self.follower is not None), 0
        files: dict[str, dict[str, Any]] = {}
        seen: Counter[Path] = Counter()
        empty: Counter[Path] = Counter()
        rates = {medium.path: medium.rate for medium in self.media if medium.is_video}
        with writing.album(draft / writing.DRAWN, draw=draw) as album:
            for picture, found in self._found(skipped):
                path = picture.path
                objects = rows.add(self._named(picture), found)
                drawn = partial(found.drawn, self.marks)
                album.add(path, path.stem, _moment(picture, rates), drawn)
                turned += picture.turned
                seen[path] += 1
                empty[path] += not objects
                height, width = picture.pixels.shape[:2]
                files[str(path)] = {"width": width, "height": height}
        skipped.require_some(len(seen))
        rows.write(draft, self.predictor.finds, self.predictor.header)
        for medium in self.media:
            if medium.is_video:
                files[str(medium.path)] |= self._of_video(medium, seen, empty)
        without, named = len(self.boxes.without), tuple(skipped.sentences)
        counts = Counts(seen.total(), len(rows.rows), turned, without, named)
        return {"files": files, "skipped": list(named)}, counts

    def _found(self, skipped: Skipped) -> Iterator[tuple[Picture, Found]]:
        following = self._following()
        predictor, ids = self.predictor, image_ids(self.media, self.boxes.ids)
        groups = grouped(
            pictures(self.media, ids, predictor.read, predictor.from_bgr, skipped), TOGETHER
        )
        first = next(groups, ())
        for words in self.said if first else ():
            tell(words)
        with Steps("predicting", sum(medium.length for medium in self.media)) as steps:
            for group in chain([first] if first else [], groups):
                images = [picture.pixels for picture in group]
                boxes = self.boxes.find(group, [predictor.to_bgr(image) for image in images])
                for picture, found in zip(group, predictor.results(images, boxes), strict=True):
                    follow = following.get(picture.path, _as_it_is)
                    yield picture, follow(found, picture.time or 0.0)
                    steps.advance()

    def _following(self) -> dict[Path, Follow]:
        """Return what follows the objects of each video, where that is asked for."""
        if self.follower is None:
            return {}
        return {m.path: self.follower.video(m.rate) for m in self.media if m.is_video}

    def _named(self, picture: Picture) -> dict[str, Any]:
        """Return how the rows of a picture begin."""
        row: dict[str, Any] = {"image_id": picture.image_id, "file_name": str(picture.path)}
        when = picture.time
        frame = {} if when is None else {"frame": picture.frame, "time": round(when, DIGITS)}
        category = self.boxes.category
        return row | frame | ({} if category is None else {"category_id": category})

    def _of_video(
        self, video: Medium, seen: Mapping[Path, int], empty: Mapping[Path, int]
    ) -> dict[str, Any]:
        """Return what is said of a video, by frames that were read, and those found nothing in."""
        path, count = video.path, seen[video.path]
        missing = max(0, video.length - count)
        if missing:
            remark(SHORTENED, str(path), f"{count} of {video.length}, {missing} missing")
        if beyond := [frame for frame in self.boxes.frames.get(path, ()) if frame >= count]:
            more = f" and {len(beyond) - 1} more" * (len(beyond) > 1)
            remark(BEYOND, str(path), f"frame {beyond[0]}{more}, and its last is {count - 1}")
        if empty[path]:
            remark(EMPTY, str(path), f"{empty[path]} of {count}")
        return {"rate": video.rate, "frames": count, "missing_frames": missing}


def _as_it_is(found: Found, _: float) -> Found:
    return found


def _moment(picture: Picture, rates: Mapping[Path, float]) -> writing.Moment | None:
    return None if picture.time is None else writing.Moment(picture.time, rates[picture.path])
