"""The table of mistakes to plant."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("mistakes.toml")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What somebody could write in place of what stands there, and the tests that notice it."""

    what: str
    file: str  # below hrbench
    old: str
    new: str
    tests: tuple[str, ...]  # files below tests
    slow: bool = False  # whether those that notice it are

    def planted(self, text: str) -> str:
        """Return a file's text with the mistake in it.

        Raises:
            ValueError: what it replaces does not stand there once.
        """
        if (times := text.count(self.old)) != 1:
            raise ValueError(f"{self.old!r} stands {times} times in {self.file}")
        return text.replace(self.old, self.new)


def read() -> list[Mistake]:
    rows = tomllib.loads(TABLE.read_text("utf-8"))["mistakes"]
    return [Mistake(**{**row, "tests": tuple(row["tests"])}) for row in rows]


MISTAKES = read()
