"""From files of pictures to a folder of predictions."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import hrbench
from hrbench.begun.options import Options
from hrbench.commands.predict import following, from_predictions, search, writing
from hrbench.commands.predict.boxes import WHOLE, Boxes, Wished, boxes_of, whole_pictures
from hrbench.commands.predict.following import NOBODY, Follow
from hrbench.commands.predict.from_pictures import Counts, Prediction
from hrbench.commands.predict.search import Named
from hrbench.commands.predict.skipped import Skipped
from hrbench.data import remarks
from hrbench.data.media import Medium
from hrbench.engine.runtime import Runtime, choose_device, machine_limits
from hrbench.errors import RunError
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.predictor import ABOUT, Continuation, PicturePredictor
from hrbench.kinds.registry import kind_of
from hrbench.road.loading import Loaded, load
from hrbench.road.telling import compiling, tell
from hrbench.whole import whole_folder

SHOWN = 10  # files that are skipped
LISTED = 8  # files that were written


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asks of a prediction besides the weights, which are in `options`."""

    task: str | None  # None: that of the run that the weights are of
    sources: tuple[str, ...]
    options: Options
    output: str | None = None
    boxes: str | None = None  # whole, detector, or a file; None: as seems best
    box_threshold: float = 0.3
    box_category: str | None = None  # whose boxes of a file count
    detector: str | None = None  # a file of its weights
    batch: int = 32
    draw: bool = True
    recursive: bool = True  # into the sub-folders of folders
    strict: bool = False  # stop at a file that cannot be read
    follow: Follow = NOBODY  # through videos
    marks: str | None = None  # that are drawn besides keypoints, between commas


@dataclass(frozen=True, slots=True)
class Done:
    """What was written where."""

    folder: Path
    files: tuple[str, ...]
    counts: Counts
    sources: int = 0  # files that were named, the skipped ones too
    goes_on: str = ""  # a command that goes on from the folder, and what it does

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"folder": str(self.folder), **asdict(self.counts), "files": list(self.files)}

    def text(self) -> str:
        """Return it in lines, at the end what a user may want to do next."""
        more = len(self.files) - LISTED
        return "\n".join(
            [
                f"{self.folder}: {self.counts.found} found in {self.counts.pictures} pictures",
                *(f"  {name}" for name in self.files[:LISTED]),
                *([f"  … and {more} more"] if more > 0 else []),
                *_onward(self),
            ]
        )


def predict(asked: Asked) -> Done:
    """Find what the task finds in every picture, and write it down.

    Files that cannot be read are passed over, unless that is all there are.

    Raises:
        HrbenchError: a source, the boxes, the weights or the folder are not right; nothing is
            left of the folder then.
    """
    remarks.taken()  # of what was read before
    options = asked.options
    device = choose_device(options.device)
    runtime = Runtime(device, compiles=options.compile, eager=options.eager)
    loaded = load(asked.task, asked.options)
    task, network = loaded.task, loaded.network
    kind = kind_of(task.spec)
    if kind.of_predictions is not None:
        return _from_predictions(loaded, kind.of_predictions(task, network, runtime), asked)
    if kind.of_pictures is None:
        raise ValueError(f"nothing predicts {task.spec.name}")
    if runtime.compiles:
        tell(compiling(asked.batch))
    predictor = kind.of_pictures(task, network, runtime, asked.batch)
    return _from_pictures(loaded, predictor, asked, runtime)


def _from_predictions(loaded: Loaded, continuation: Continuation, asked: Asked) -> Done:
    if asked.follow != NOBODY or asked.marks:
        name = loaded.task.spec.name
        raise RunError(f"--tracks, --smooth and --draw go with pictures, and {name} reads none")
    parts = list(continuation.results(asked.sources))
    target = writing.target(asked.output)
    with whole_folder(target) as draft:
        count = from_predictions.write(draft, continuation, parts, draw=asked.draw)
        return _finished(draft, target, _about(loaded, asked), Counts(count, count))


def _from_pictures(
    loaded: Loaded, predictor: PicturePredictor, asked: Asked, runtime: Runtime
) -> Done:
    named = search.find(asked.sources, recursive=asked.recursive)
    skipped = Skipped(asked.strict, [str(one) for one in named.broken])
    skipped.require_some(len(named.media))
    marks = following.marks(asked.marks, asked.follow, predictor)
    follower = following.follower(asked.follow, named.media, predictor)
    boxes = _boxes(loaded.task, predictor, named.media, asked, runtime)
    target = writing.target(asked.output)
    with machine_limits(), whole_folder(target) as draft:
        said = (*_of_sources(named), *boxes.words)
        prediction = Prediction(predictor, named.media, boxes, said, follower, marks)
        files, counts = prediction.written(draft, skipped, draw=asked.draw)
        computed = predictor.execution()
        for reason in computed.reasons if runtime.compiles else ():
            tell(reason)
        more = {"boxes": boxes.source, "left_out": dict(boxes.left_out)}
        more |= {"computed": computed.content()}
        more |= {} if follower is None else follower.about
        about = _about(loaded, asked) | more | predictor.about | files
        done = _finished(draft, target, about, counts)
    files_named = len(named.media) + len(named.broken)
    return replace(done, sources=files_named, goes_on=predictor.goes_on(target))


def _boxes(
    task: AnyTask,
    predictor: PicturePredictor,
    media: Sequence[Medium],
    asked: Asked,
    runtime: Runtime,
) -> Boxes:
    if predictor.in_boxes:
        wanted = Wished(
            boxes=asked.boxes,
            threshold=asked.box_threshold,
            category=asked.box_category,
            detector=asked.detector,
            allow=asked.options.allow,
        )
        return boxes_of(wanted, task.dataset, media, runtime)
    if asked.boxes not in {None, WHOLE}:
        raise RunError(f"--boxes goes with tasks of keypoints in images; {task.spec.name} is none")
    return Boxes(WHOLE, whole_pictures, category=None)


def _finished(draft: Path, target: Path, about: dict[str, Any], counts: Counts) -> Done:
    text = json.dumps(about, indent=2, ensure_ascii=False)
    writing.write_text(draft / ABOUT, text + "\n")
    names = tuple(sorted(str(p.relative_to(draft)) for p in draft.rglob("*") if p.is_file()))
    return Done(target, names, counts)


def _about(loaded: Loaded, asked: Asked) -> dict[str, Any]:
    spec = loaded.task.spec
    return {
        "hrbench": hrbench.__version__,
        "task": spec.name,
        "variant": spec.variant,
        "weights": {
            "file": asked.options.weights,
            "sha256": loaded.sha256,
            **({"address": loaded.address} if loaded.address else {}),
        },
        "protocol": spec.protocol.plain(),
    }


def _of_sources(named: Named) -> Iterator[str]:
    """Yield what of the sources is read, and what is not."""
    if named.below:
        of_all = f"{named.below} of {len(named.media)}"
        yield f"files from sub-folders: {of_all} (--no-recursive leaves them out)"
    for why, count in named.left_out.items():
        yield f"left out: {count} {why}"


def _onward(done: Done) -> list[str]:
    """Return what a user may want to do next, in lines."""
    drawn = [name for name in done.files if name.startswith(f"{writing.DRAWN}/")]
    lines = [f"{done.folder / drawn[0]}    to look at"] if drawn else []
    lines += [done.goes_on] if done.goes_on else []
    return ["Next", *(f"  {line}" for line in lines)] if lines and done.counts.found else []


def say(done: Done) -> None:
    """Tell the user what may surprise in the results, last what is not there at all."""
    counts = done.counts
    for sentence in remarks.sentences():
        tell(sentence)
    if counts.turned:
        tell(
            f"{counts.turned} of {counts.pictures} pictures were turned as their EXIF tag says; "
            "coordinates are those of the upright picture"
        )
    for sentence in counts.skipped[:SHOWN]:
        tell(f"skipped: {sentence}")
    if counts.skipped:
        more = f", of which {SHOWN} are named; about.json names all" * (len(counts.skipped) > SHOWN)
        tell(f"files skipped: {len(counts.skipped)} of {done.sources}{more} (--strict stops there)")
