"""`cases/` of a run's folder: pictures of single samples, and what each shows."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from hrbench.errors import RunError

FOLDER, INDEX = "cases", "index.json"
Sort = Literal["worst", "missed", "median"]


@dataclass(frozen=True, slots=True)
class Case:
    """One sample, and how far what was found is from what is annotated."""

    sort: Sort  # of the largest errors, not found, or around the median error
    id: str  # of the annotation, of a face its row; of a sequence its name and frame
    image: str  # the id of its image; "" where there are none
    file: str  # the name of that
    error: float | None  # null for what was not found
    words: str  # "NME 4.1 %"
    picture: Annotated[str, Field(pattern=r"^[a-z]+-\d+\.jpg$")]  # beside the index


def write(run_folder: Path, cases: Sequence[Case]) -> None:
    """Write the index, once its pictures are there."""
    content = [asdict(case) for case in cases]
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    (run_folder / FOLDER / INDEX).write_text(text + "\n", "utf-8")


def read(run_folder: Path) -> tuple[Case, ...]:
    """Return the cases of a run; none of one that was told to leave none, or by an older hrbench.

    Raises:
        RunError: their index is not as `write` has it, or a picture is not there.
    """
    folder = run_folder / FOLDER
    path = folder / INDEX
    if not path.is_file():
        return ()
    again = f"Delete the folder {folder}, and its pictures are left out."
    try:
        cases = TypeAdapter(tuple[Case, ...]).validate_json(path.read_bytes())
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise RunError(
            f"{path}: is not a list of cases ({place}: {fault['msg'].lower()}). {again}"
        ) from error
    without = [case.picture for case in cases if not (folder / case.picture).is_file()]
    if without:
        raise RunError(f"{path}: names {without[0]}, which is not there. {again}")
    return cases
