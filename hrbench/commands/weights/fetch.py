"""Weights fetched by their names, to be there before they are needed."""

from dataclasses import dataclass
from typing import Any

from hrbench.fetching import names
from hrbench.fetching.fetched import Fetched


@dataclass(frozen=True, slots=True)
class FetchedWeights:
    """The files of names, in the order of these."""

    files: dict[str, Fetched]

    def content(self) -> list[dict[str, Any]]:
        """Return them as plain JSON values."""
        return [
            {
                "name": name,
                "file": str(one.path),
                "bytes": one.path.stat().st_size,
                "address": one.address,
                "sha256": one.sha256,
            }
            for name, one in self.files.items()
        ]

    def text(self) -> str:
        """Return them in three lines each."""
        lines = (
            f"{name}: {one.path}\n  from {one.address}\n  SHA-256 {one.sha256}"
            for name, one in self.files.items()
        )
        return "\n".join(lines)


def fetch(asked: tuple[str, ...]) -> FetchedWeights:
    """Fetch the weights of names, those that are not there yet.

    Raises:
        FetchError: one is not known, or cannot be fetched.
    """
    return FetchedWeights({name: names.fetched(name) for name in asked})
