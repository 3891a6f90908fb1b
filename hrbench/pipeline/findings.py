"""What `hrbench check` found, for a reader and as JSON."""

import textwrap
from dataclasses import asdict, dataclass
from typing import Any

from hrbench.data.inspect import Fault

WIDTH = 80  # columns
Facts = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Part:
    """A file or folder that is there."""

    name: str  # annotations, images or detections
    place: str
    bytes: int
    sha256: str | None  # None for a folder
    facts: Facts
    words: str  # the same for a reader

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        hashed = {"sha256": self.sha256} if self.sha256 else {}
        return {"place": self.place, "bytes": self.bytes, **hashed, **self.facts}

    def text(self) -> str:
        """Return it in a few lines."""
        size = f"{self.bytes / 1e6:,.1f} MB"
        lines = [_wrapped(f"  {self.name:<13}", f"{self.place}, {size}: {self.words}")]
        if self.sha256:
            lines.append(f"      SHA-256 {self.sha256}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Missing:
    """A file or folder that is not there."""

    place: str
    source: str  # who issues it, how large
    needed: bool

    def __str__(self) -> str:
        """Return it in one sentence."""
        use = "" if self.needed else " (only needed for --boxes det)"
        return f"{self.place}{use}: get it from {self.source}"


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What is there of a split, and what is not."""

    name: str
    parts: tuple[Part, ...]
    missing: tuple[Missing, ...]
    faults: tuple[Fault, ...]

    @property
    def usable(self) -> bool:
        """Whether one can train or measure with it."""
        fatal = [*(m for m in self.missing if m.needed), *(f for f in self.faults if f.fatal)]
        return bool(self.parts) and not fatal

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "name": self.name,
            "there": bool(self.parts),
            "usable": self.usable,
            **{part.name: part.content() for part in self.parts},
            "missing": [asdict(missing) for missing in self.missing],
            "faults": [asdict(fault) for fault in self.faults],
        }

    def text(self) -> str:
        """Return it in a few lines, one where nothing is there."""
        if not self.parts:
            wanted = "; ".join(f"{missing.place} from {missing.source}" for missing in self.missing)
            return _wrapped(f"{self.name}: ", f"not there. {wanted}", "  ")
        lines = [self.name, *(part.text() for part in self.parts)]
        lines += [_wrapped(f"  {'missing':<13}", str(missing)) for missing in self.missing]
        for fault in self.faults:
            lines.append(_wrapped(f"  {'fatal' if fault.fatal else 'fault':<13}", str(fault)))
        return "\n".join(lines if self.faults else [*lines, f"  {'faults':<13}none"])


@dataclass(frozen=True, slots=True)
class Report:
    """What is there of a dataset."""

    dataset: str
    title: str
    folder: str
    synthetic: bool
    hint: str  # what to do where nothing is there
    splits: tuple[SplitReport, ...]

    @property
    def ok(self) -> bool:
        """Whether all splits that are there can be used, one at least."""
        there = [split for split in self.splits if split.parts]
        return bool(there) and all(split.usable for split in there)

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        about = {key: getattr(self, key) for key in ("dataset", "title", "folder", "synthetic")}
        splits = [split.content() for split in self.splits]
        return {**about, "ok": self.ok, "hint": self.hint, "splits": splits}

    def text(self) -> str:
        """Return it for a reader, in 80 columns; of names and addresses none is broken."""
        head = _wrapped(f"{self.dataset}: ", f"{self.title}, in {self.folder}", "  ")
        if self.synthetic:
            head += "\nA synthetic set that hrbench made; comparable with nothing published."
        usable = [split.name for split in self.splits if split.usable]
        broken = [split.name for split in self.splits if split.parts and not split.usable]
        verdict = [f"usable: {', '.join(usable)}"] if usable else []
        verdict += [f"not usable as it is: {', '.join(broken)}"] if broken else []
        last = "\n".join(_wrapped("", line, "  ") for line in [*verdict, self.hint] if line)
        return "\n\n".join([head, *(split.text() for split in self.splits), last])


def _wrapped(first: str, text: str, indent: str | None = None) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first) if indent is None else indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
