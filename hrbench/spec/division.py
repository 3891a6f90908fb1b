"""What a dataset's file says of how its images are divided: the table `[split]`."""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from hrbench.spec.tables import Table

IMAGE = "image"  # what `by` says where every image may go by itself
OF_ONE_SHARE = ("validation_share", "split_seed")  # keys of the file that do without this table
FOLDER = "folder"  # what is told by where an image lies


class Division(Table):
    """Which images of a file train, validate and are kept for a test; a group is never divided.

    `by` and `stratify` name a field of the file's images or annotations, a column of a table, or
    a group of `pattern`.
    """

    by: str = IMAGE  # what images that belong together have alike
    pattern: str | None = None  # of images' names, a regular expression with named groups
    stratify: str | None = None  # what every part should have as much of
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.2  # of the images
    test: Annotated[float, Field(ge=0, lt=1)] = 0.0
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0  # that scikit-learn draws with
    folds: Annotated[int, Field(ge=2)] | None = None  # that validate in turn; `run --folds`
    fold: Annotated[int, Field(ge=1)] | None = None  # which of them does, counted from 1

    @property
    def grouped(self) -> bool:
        """Whether images belong together."""
        return self.by != IMAGE

    @property
    def of_names(self) -> frozenset[str]:
        """What is told by images' names: their folder, and the groups of the pattern."""
        return frozenset({FOLDER, *(re.compile(self.pattern).groupindex if self.pattern else ())})

    @property
    def fields(self) -> tuple[str, ...]:
        """What the annotations tell."""
        wanted = [*([self.by] if self.grouped else []), *([self.stratify] if self.stratify else [])]
        return tuple(name for name in dict.fromkeys(wanted) if name not in self.of_names)

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test: nothing is left to train on")
        if (self.folds is None) != (self.fold is None) or (self.fold or 0) > (self.folds or 0):
            raise ValueError("fold: one of 1 … folds; `hrbench run --folds` sets both")
        try:
            known = self.of_names
        except re.error as error:
            raise ValueError(f"pattern: {error}") from error
        if self.pattern and not known & {self.by, self.stratify} - {FOLDER}:
            raise ValueError(
                f"pattern: it has no group for what is named: write (?P<{self.by}>…) in it"
            )
        return self
