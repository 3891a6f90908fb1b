"""Runs the benchmarks one after the other, each in a process of its own."""

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from hrbench import catalog
from hrbench.commands.bench.process import Ended, run
from hrbench.commands.bench.sections import BUDGET, Section
from hrbench.engine.runtime import devices
from hrbench.errors import HrbenchError
from hrbench.report import environment

SCHEMA = 1
ROWS, PEER = "HRBENCH_BENCH_ROWS", "HRBENCH_BENCH_PEER"  # what scripts read of the environment
CODE = Path("lib", "core", "inference.py")  # of a checkout of the official code


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of a section: its rows, and why there are no more."""

    name: str
    command: str
    seconds: float
    said: str  # why there are no more rows; "" where all is well
    rows: tuple[Mapping[str, Any], ...]  # as `benchmarks/sidebyside.py` notes them


@dataclass(frozen=True, slots=True)
class Bench:
    """The figures of a machine."""

    machine: Mapping[str, str]
    peer: str | None  # the folder of the official code
    outcomes: tuple[Outcome, ...] = ()

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "schema": SCHEMA,
            "machine": dict(self.machine),
            "peer": self.peer,
            "sections": [asdict(outcome) for outcome in self.outcomes],
        }


def bench(
    sections: tuple[Section, ...],
    peer: str | None,
    told: Callable[[str], None],
    *,
    card: bool,
) -> Iterator[Bench]:
    """Return what runs sections and yields what is known after each.

    `told` gets each line as it is printed.

    Raises:
        HrbenchError: there is no card, or no official code in that folder.
    """
    started = monotonic()
    machine = environment.doctor(devices())
    if card and machine["cuda"] == "no card":
        raise HrbenchError("--gpu: torch finds no CUDA card here; without --gpu the CPU is timed")
    if peer is not None and not (Path(peer) / CODE).is_file():
        raise HrbenchError(
            f"--peer {peer}: has no {CODE}; name a checkout of deep-high-resolution-net.pytorch"
        )
    found = Bench(machine, None if peer is None else str(Path(peer).resolve()))
    return _each(sections, found, told, started + BUDGET if card else None)


def _each(
    sections: tuple[Section, ...], found: Bench, told: Callable[[str], None], end: float | None
) -> Iterator[Bench]:
    """Run the sections, all before `end` where there is one; yield what is known after each."""
    shares = [section.seconds for section in sections]
    for index, section in enumerate(sections):
        limit = section.seconds
        if end is not None:
            limit = (end - monotonic()) * shares[index] / sum(shares[index:])
        outcome = _outcome(section, found.peer, limit, told)
        found = replace(found, outcomes=(*found.outcomes, outcome))
        yield found


def _outcome(
    section: Section, peer: str | None, limit: float, told: Callable[[str], None]
) -> Outcome:
    """Run a section for so many seconds at most."""
    script = catalog.folder("benchmarks") / section.script
    shown = " ".join(("python", _shown(script), *section.arguments))
    command = shown if peer is None else f"{PEER}={shlex.quote(peer)} {shown}"
    told(f"{section.name}: {command}")
    if not script.is_file():
        return Outcome(section.name, command, 0, f"{script} is not there", ())
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        calling = [sys.executable, "-u", str(script), *section.arguments]
        ended = run(calling, _environment(rows, peer), limit, lambda line: told(f"  {line}"))
        lines = rows.read_text("utf-8").splitlines() if rows.is_file() else []
    # A process that was ended while it wrote leaves half a line.
    noted = tuple(json.loads(line) for line in lines if line.endswith("}"))
    said = _said(ended, limit, bool(noted))
    if said:
        told(f"  {said}")
    return Outcome(section.name, command, round(ended.seconds, 1), said, noted)


def _environment(rows: Path, peer: str | None) -> dict[str, str]:
    """Return the environment in which scripts time this hrbench."""
    package = str(Path(catalog.__file__).parents[1])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    told = {"PYTHONPATH": path, ROWS: str(rows)}
    kept = {name: value for name, value in os.environ.items() if name != PEER}
    return kept | told | ({} if peer is None else {PEER: peer})


def _said(ended: Ended, limit: float, figures: bool) -> str:
    if ended.status is None:
        return f"ended after {limit:.0f} s, which is all the time that it has"
    if ended.status:
        return f"failed: {ended.last}"
    return "" if figures else ended.last or "printed nothing"


def _shown(path: Path) -> str:
    """Return a path as it is named from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
