"""What `hrbench check` found, for a reader and as JSON."""

import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hrbench.data.divided import Divided
from hrbench.data.faults import Fault
from hrbench.spec import DatasetSpec

WIDTH = 80  # columns
Facts = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Part:
    """A file or folder that is there."""

    name: str  # annotations, images or detections
    place: str
    bytes: int
    sha256: str | None  # None for a folder, and for what cannot be read
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
    issuer: str  # and how large it is
    use: str = ""  # what alone needs it; empty where nothing goes without

    @property
    def wanted(self) -> str:
        """What is missing, and who issues it."""
        return f"{self.place} from {self.issuer}" if self.issuer else self.place

    @property
    def needed(self) -> bool:
        """Whether nothing goes without it."""
        return not self.use

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"place": self.place, "source": self.issuer, "needed": self.needed}

    def __str__(self) -> str:
        """Return it in one sentence."""
        use = f" ({self.use})" if self.use else ""
        return (
            f"{self.place}{use}: {f'get it from {self.issuer}' if self.issuer else 'put it there'}"
        )


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What is there of a split, and what is not."""

    name: str
    parts: tuple[Part, ...]
    missing: tuple[Missing, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...] = ()  # what a person should look at
    images: tuple[Path, ...] = ()  # that are listed, where they are files of their own
    divided: Divided | None = None  # the file's images, where these are a part of them

    @property
    def usable(self) -> bool:
        """Whether one can train or measure with it."""
        fatal = [*(m for m in self.missing if m.needed), *(f for f in self.faults if f.fatal)]
        return bool(self.parts) and not fatal

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        division = self.divided and self.divided.content()
        return {
            "name": self.name,
            "there": bool(self.parts),
            "usable": self.usable,
            **{part.name: part.content() for part in self.parts},
            **({"division": division} if division else {}),
            "missing": [missing.content() for missing in self.missing],
            "faults": [asdict(fault) for fault in self.faults],
            "notes": [asdict(note) for note in self.notes],
        }

    def text(self) -> str:
        """Return it in a few lines, one where nothing is there."""
        if not self.parts:
            wanted = "; ".join(missing.wanted for missing in self.missing)
            absent = _wrapped(f"{self.name}: ", f"not there. {wanted}", "  ")
            return "\n".join([absent, *_lines(self.faults)])
        lines = [self.name, *(part.text() for part in self.parts)]
        if self.divided is not None and self.divided.words:
            lines.append(_wrapped(f"  {'divided':<13}", self.divided.words))
        lines += [_wrapped(f"  {'missing':<13}", str(missing)) for missing in self.missing]
        lines += _lines(self.faults) or [f"  {'faults':<13}none"]
        return "\n".join([*lines, *_lines(self.notes, "look at")])


@dataclass(frozen=True, slots=True)
class Report:
    """What is there of a dataset."""

    dataset: str
    title: str
    folder: str  # where its files lie; where `faults` are, the TOML file that has them
    synthetic: bool = False
    hint: str = ""  # what to do where nothing is there
    splits: tuple[SplitReport, ...] = ()  # none where its files are elsewhere
    faults: tuple[Fault, ...] = ()  # of its TOML file, without which nothing else can be read
    notes: tuple[Fault, ...] = ()  # what a person should look at there
    spec: DatasetSpec | None = None  # its files called as in that folder; None of a faulty TOML

    @property
    def usable(self) -> tuple[str, ...]:
        """The splits that one can train or measure with."""
        return tuple(split.name for split in self.splits if split.usable)

    @property
    def ok(self) -> bool:
        """Whether all splits that are there can be used, one at least."""
        there = [split for split in self.splits if split.parts]
        return bool(there) and all(split.usable for split in there)

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        about = {key: getattr(self, key) for key in ("dataset", "title", "folder", "synthetic")}
        splits = [split.content() for split in self.splits]
        said = {key: [asdict(f) for f in getattr(self, key)] for key in ("faults", "notes")}
        return {**about, "ok": self.ok, "hint": self.hint, **said, "splits": splits}

    def text(self) -> str:
        """Return it for a reader, in 80 columns; of names and addresses none is broken."""
        head = _wrapped(f"{self.dataset}: ", f"{self.title}, in {self.folder}", "  ")
        if self.synthetic:
            head += "\nA synthetic set that hrbench made; comparable with nothing published."
        names = "\n".join([*_lines(self.faults), *_lines(self.notes, "look at")])
        if names:
            head += f"\n{names}"
        broken = [split.name for split in self.splits if split.parts and not split.usable]
        broken += [self.folder] if self.faults else []
        verdict = [f"usable: {', '.join(self.usable)}"] if self.usable else []
        verdict += [f"not usable as it is: {', '.join(broken)}"] if broken else []
        last = "\n".join(_wrapped("", line, "  ") for line in [*verdict, self.hint] if line)
        return "\n\n".join([head, *(split.text() for split in self.splits), last])


def _lines(faults: tuple[Fault, ...], name: str = "") -> list[str]:
    """Return a line for each, under a name, or under how bad it is."""
    kinds = (name or ("fatal" if fault.fatal else "fault") for fault in faults)
    return [
        _wrapped(f"  {kind:<13}", str(fault)) for kind, fault in zip(kinds, faults, strict=True)
    ]


def _wrapped(first: str, text: str, indent: str | None = None) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first) if indent is None else indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def counted(count: int, what: str, real: int | None) -> str:
    """Return in words how many there are, beside how many the real set has."""
    words = f"{count:,} {what}"
    if real is None:
        return words
    return words + (" as in the real set" if count == real else f" (the real set has {real:,})")
