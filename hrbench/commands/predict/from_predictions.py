"""From what was predicted before to rows and drawn pictures, in a folder."""

from collections.abc import Sequence
from pathlib import Path

from hrbench.commands.predict import writing
from hrbench.kinds.predictor import Continuation, Successive


def write(
    draft: Path, continuation: Continuation, parts: Sequence[Successive], *, draw: bool
) -> int:
    """Write what was made of all files; return of how many pictures they are."""
    tracked = any(found.tracks for part in parts for found in part.results)
    rows = writing.Rows(tracked=tracked)
    with writing.album(draft / writing.DRAWN, draw=draw) as album:
        for number, part in enumerate(parts):
            stem = f"{Path(part.file).stem}-{number}"
            for frame, time, found in zip(part.frames, part.times, part.results, strict=True):
                moment = (
                    None if part.rate is None else writing.Moment(time - part.times[0], part.rate)
                )
                where = {} if moment is None else {"frame": frame, "time": time}
                rows.add({"file_name": part.file, **where}, found)
                album.add(number, stem, moment, found.drawn)
    rows.write(draft, continuation.finds, continuation.header)
    return len(rows.rows)
