"""A split's sequences with the keypoints that are lifted, and the joints to be found.

Letters: N frames of all sequences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hrbench.begun.options import Options
from hrbench.data.clips import Clip
from hrbench.data.evaluation import LiftingEvaluation
from hrbench.data.faults import stop_at_fatal
from hrbench.data.pose_statistics import centred
from hrbench.errors import DataError, RunError, suggest
from hrbench.formats.contract import ClipFormat, SplitClips
from hrbench.formats.h36m.reading import GROUND_TRUTH, name_of, sequence_of
from hrbench.formats.location import DataRoot, fingerprint, split_of
from hrbench.formats.registry import format_of
from hrbench.kinds.lifting import runs
from hrbench.metrics.mpjpe import JointTruth
from hrbench.spec import DatasetSpec, LiftingTask


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """The sequences to train on."""

    clips: list[Clip]
    left_out: dict[str, int]  # of the files' sequences, by why
    allowed: tuple[str, ...]  # in words, faults that --allow let pass or that are put right


def training(
    spec: LiftingTask, dataset: DatasetSpec, data_root: DataRoot, options: Options
) -> Training:
    """Return the sequences to train on.

    Raises:
        DataError: there is none.
    """
    protocol = spec.protocol
    keypoints = _given(protocol.train_keypoints, options)
    read = format_of(dataset, ClipFormat).read
    sequences = read(protocol, dataset, data_root, protocol.train_split, keypoints)
    where = data_root.folder / dataset.folder
    met = stop_at_fatal(where, sequences.faults, data_root.allow)
    return Training(_kept(spec, sequences, where), left_out(sequences), met)


def evaluation(
    spec: LiftingTask, dataset: DatasetSpec, data_root: DataRoot, options: Options
) -> LiftingEvaluation:
    """Return the sequences of the protocol's split, and their joints.

    Raises:
        RunError, DataError: what is lifted is not there.
    """
    protocol, run = spec.protocol, _run(options)
    keypoints = GROUND_TRUTH if run else _given(protocol.keypoints, options)
    _require_read(spec, dataset, data_root, run, options)
    sequences = format_of(dataset, ClipFormat).read(
        protocol, dataset, data_root, protocol.split, keypoints
    )
    met = stop_at_fatal(data_root.folder / dataset.folder, sequences.faults, data_root.allow)
    everything = _kept(spec, sequences, data_root.folder / dataset.folder)
    shown = everything if run is None else _of_run(run, data_root.folder, everything)
    shown = shown[: options.limit]
    return LiftingEvaluation(
        clips=shown,
        truth=_truth(shown),
        evaluated=_frames(shown),
        expected=_frames(everything),
        fingerprint=fingerprint(sequences.files),
        left_out=left_out(sequences),
        allowed=met,
        notes=(f"The keypoints are those that {run} found.",) if run else (),
    )


def _require_read(
    spec: LiftingTask, dataset: DatasetSpec, data_root: DataRoot, run: Path | None, options: Options
) -> None:
    """Refuse a protocol that says of its 2D keypoints what is not so.

    Raises:
        RunError: a key says something, and nothing reads it; or no sequence is excluded by a name.
    """
    protocol = spec.protocol
    named = [protocol.train_keypoints, *([] if run else [protocol.keypoints])]
    used = [_given(name, options) for name in dict.fromkeys(named)]
    unread = format_of(dataset, ClipFormat).unread
    reasons = {} if run else unread(dataset, data_root, used)
    for key, reason in reasons.items():
        value, default = getattr(protocol, key), type(protocol).model_fields[key].default
        if value != default:
            raise RunError(f"protocol.{key} = '{value}' changes nothing: {reason}; leave it out")
    splits = tuple(name for name in (protocol.split, protocol.train_split) if name)
    subjects = {name for split in splits for name in split_of(dataset, split).subjects}
    for name in protocol.excluded:
        if name.partition("/")[0] not in subjects:
            raise RunError(
                f"protocol.excluded: '{name}' is of no subject of {' and '.join(splits)} "
                f"({', '.join(sorted(subjects))}); write S11/Directions"
            )


def _given(named: str, options: Options) -> str:
    """Return where keypoints are: a protocol knows a file by its name only."""
    given = options.keypoints
    return given if given is not None and name_of(given) == named else named


def _run(options: Options) -> Path | None:
    given = None if options.keypoints is None else Path(options.keypoints)
    return given if given is not None and given.is_dir() else None


def _of_run(run: Path, root: Path, clips: Sequence[Clip]) -> list[Clip]:
    """Return what of the clips a run has keypoints for, in pieces without gaps.

    Raises:
        RunError: nothing.
    """
    frames, shown = runs.frames(run, root), []
    for clip in clips:
        by_frame = frames.get(clip.key, {})
        rows = np.flatnonzero(np.isin(clip.frames, list(by_frame)))
        if len(rows):
            step = int(np.diff(clip.frames).min(initial=clip.frames[-1] + 1))
            for part in np.split(rows, np.flatnonzero(np.diff(clip.frames[rows]) != step) + 1):
                keypoints = np.stack([by_frame[number] for number in clip.frames[part].tolist()])
                shown.append(clip.at(part, keypoints))
    if not shown:
        raise RunError(
            f"--keypoints {run}: none of its images is a frame of the sequences to lift; run "
            "h36m-pose on the same split"
        )
    return shown


def _kept(spec: LiftingTask, sequences: SplitClips, where: Path) -> list[Clip]:
    """Return every `frame_step`-th frame of the clips."""
    there = sorted(sequences.excluded | {clip.key[:2] for clip in sequences.clips})
    for subject, name in map(sequence_of, spec.protocol.excluded):
        known = [other for one, other in there if one == subject]
        if known and name not in known:
            raise RunError(
                f"protocol.excluded: {subject} has no sequence called '{name}'. "
                f"{suggest(name, known)}"
            )
    if not sequences.clips:
        raise DataError(f"{where}: no sequence is left; look at the split and protocol.excluded")
    step = spec.protocol.frame_step
    return (
        sequences.clips if step == 1 else [c.at(slice(None, None, step)) for c in sequences.clips]
    )


def left_out(sequences: SplitClips) -> dict[str, int]:
    """Return how many sequences of a split's files are not read, by why."""
    count = len(sequences.excluded)
    return {"sequences that protocol.excluded names": count} if count else {}


def _truth(clips: Sequence[Clip]) -> JointTruth:
    lengths = [len(clip.frames) for clip in clips]
    return JointTruth(
        joints=np.concatenate([centred(clip.joints) for clip in clips]),
        sequence=np.repeat(np.arange(len(clips)), lengths),
        actions=tuple(clip.action for clip in clips),
        subjects=tuple(clip.subject for clip in clips),
        performances=tuple(f"{clip.subject}/{clip.name}" for clip in clips),
    )


def _frames(clips: Sequence[Clip]) -> int:
    return sum(len(clip.frames) for clip in clips)
