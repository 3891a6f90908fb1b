"""Which images of a file make which part, and which of them belong together.

Letters: M images.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.spec.division import Division

TRAINING, VALIDATION, TEST = "training", "validation", "test"


@dataclass(frozen=True, slots=True, eq=False)
class Divided:
    """The M images of a file, each of one part, and of one group that no other part has."""

    rule: Division | None  # of the table [split]; None where hashes of names divide them
    names: tuple[str, ...]  # (M,)
    part: NDArray[np.str_]  # (M,)
    group: NDArray[np.str_]  # (M,) that of an image by itself is its name
    leaking: tuple[str, ...] = ()  # in sentences, what training and the other parts share

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that there are."""
        there = set(self.part.tolist())
        return tuple(part for part in (TRAINING, VALIDATION, TEST) if part in there)

    def images(self, part: str) -> list[str]:
        """Return the names of a part's images, in the order of the file."""
        return [self.names[row] for row in np.flatnonzero(self.part == part)]

    def groups(self, part: str) -> list[str]:
        """Return what a part's groups are called, sorted."""
        found: list[str] = np.unique(self.group[self.part == part]).tolist()
        return found

    def groups_of(
        self, images: NDArray[np.integer], ids: NDArray[np.integer]
    ) -> dict[int, str] | None:
        """Return the group of some images by an id each, the images by their rows of M.

        None where every image is by itself.
        """
        if self.rule is None or not self.rule.grouped:
            return None
        return dict(zip(ids.tolist(), self.group[images].tolist(), strict=True))

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of which image is of which group and part, in whatever order they stand."""
        rows = zip(self.names, self.group.tolist(), self.part.tolist(), strict=True)
        lines = ("\t".join(row) for row in sorted(rows))
        return hashlib.sha256("\n".join(lines).encode(errors="backslashreplace")).hexdigest()

    def listed(self) -> dict[str, list[str] | dict[str, list[str]]]:
        """Return the images of each part, and its groups where there are some."""
        images = {part: self.images(part) for part in self.parts}
        if self.rule is None or not self.rule.grouped:
            return {**images}
        return {**images, "groups": {part: self.groups(part) for part in self.parts}}

    def content(self) -> dict[str, Any] | None:
        """Return what a record says of it; None where no table [split] divides them."""
        if self.rule is None:
            return None
        return {
            **self.rule.model_dump(mode="json", exclude_none=True),
            "images": {part: len(self.images(part)) for part in self.parts},
            "groups": {part: len(self.groups(part)) for part in self.parts},
            "fingerprint": self.fingerprint,
        }

    @property
    def words(self) -> str:
        """What of the images is where, in words; nothing where no table [split] divides them."""
        rule = self.rule
        if rule is None:
            return ""
        counts = Counter(self.part.tolist())
        shares = []
        for part in self.parts:
            images = f"{counts[part]:,} image{'s' * (counts[part] != 1)}"
            of = f" of {_several(len(self.groups(part)), rule.by)}" if rule.grouped else ""
            shares.append(f"{part} {images}{of}")
        way = f"by {rule.by}" + (f", stratified by {rule.stratify}" if rule.stratify else "")
        fold = f", fold {rule.fold} of {rule.folds}" if rule.folds else ""
        return f"{way}, seed {rule.seed}{fold}: {'; '.join(shares)}"


def _several(count: int, by: str) -> str:
    return f"{count:,} {by}{'s' * (count != 1)}"
