"""Time a user's first commands on the installed `hrbench` against what they may take.

    python benchmarks/first_minutes.py            budgets 1, 4, 5, 8 and 9; under a minute
    python benchmarks/first_minutes.py --whole    budget 2 too: up to three minutes
    python benchmarks/first_minutes.py --coco-sized   budget 4 on as many files as COCO has

Each command is a process of its own, with an empty cache, in an empty folder. The numbers are
those of the ten budgets for the first ten minutes; those not here need what is not built yet.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cocosized import inflate
from workload import recipe

from hrbench import network
from hrbench.engine.checkpoint import save_weights

HRBENCH = Path(sys.executable).with_name("hrbench")
NEVER = float("inf")
IMAGES = 84  # of the synthetic set that is made here; a quarter as many to measure on
SMALL = ("coco-pose@tiny", "--epochs", "2", "--device", "cpu", "--workers", "1")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did."""

    seconds: float
    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a budget is kept, and by what command."""

    budget: int
    what: str
    seconds: float
    limit: float
    wrong: str = ""  # what is not as promised, besides the time

    @property
    def kept(self) -> bool:
        """Whether it is."""
        return not self.wrong and self.seconds <= self.limit

    def __str__(self) -> str:
        """Return it as a line."""
        limit = "" if self.limit == NEVER else f" of {self.limit:g} s"
        words = "ok" if self.kept else self.wrong or "TOO SLOW"
        return f"{self.budget:>2}  {self.seconds:7.2f} s{limit:<9}  {self.what}: {words}"


class Scratch:
    """An empty folder with a cache of its own, in which commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"HRBENCH_CACHE": str(folder / "cache")}
        for name in ("HRBENCH_DATA", "PYTHONDONTWRITEBYTECODE"):  # installed code is compiled once
            self.environment.pop(name, None)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [HRBENCH, *words],
            cwd=self.folder,
            env=self.environment,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )

    def run(self, *words: str) -> Outcome:
        """Run a command to its end."""
        started = time.perf_counter()
        with self.start(*words) as process:
            stdout, stderr = process.communicate()
        return Outcome(time.perf_counter() - started, process.returncode, stdout, stderr)

    def record(self, out: str) -> dict[str, Any]:
        """Return the record of the only run in a folder of runs."""
        content: dict[str, Any] = json.loads((self.only(out) / "record.json").read_text("utf-8"))
        return content

    def only(self, out: str) -> Path:
        """Return the only run in a folder of runs."""
        (run,) = (self.folder / out / "coco-pose").iterdir()
        return run


def judge(budget: int, what: str, limit: float, outcome: Outcome, code: int = 0) -> Verdict:
    """Return the verdict on a command that should end with that exit status."""
    last = (outcome.stderr.strip().splitlines() or [""])[-1]
    wrong = "" if outcome.code == code else f"exit {outcome.code}, not {code}: {last}"
    return Verdict(budget, what, outcome.seconds, limit, wrong)


def help_and_doctor(scratch: Scratch) -> Iterator[Verdict]:
    """Budget 1; that only wheels are installed is `nox -s package`'s to show."""
    yield judge(1, "hrbench --help", 0.3, scratch.run("--help"))
    yield judge(1, "hrbench list", 0.3, scratch.run("list"))
    yield judge(1, "hrbench doctor", 5, scratch.run("doctor"))


def without_data(scratch: Scratch) -> Iterator[Verdict]:
    """Budget 2, without intervals: they are computed by nothing yet."""
    verdict = judge(2, "hrbench run coco-pose", 180, scratch.run("run", "coco-pose"))
    yield verdict
    if not verdict.wrong:
        value = scratch.record("results/runs")["metrics"]["AP"]["value"]
        pictures = list(scratch.only("results/runs").glob("*.png"))
        wrong = "" if value >= 30 and pictures else f"AP {value}, {len(pictures)} pictures"
        yield Verdict(
            2, f"its AP is {value:.1f}, at least 30, and it drew a picture", 0, NEVER, wrong
        )


def checking(scratch: Scratch, *, coco_sized: bool) -> Iterator[Verdict]:
    """Budget 4."""
    data = "data"
    if coco_sized:
        data = "large"
        inflate(scratch.folder / "data", scratch.folder / data)
    files = sum(1 for _ in (scratch.folder / data).rglob("*.jpg"))
    outcome = scratch.run("check", "coco", "--data", data)
    yield judge(4, f"hrbench check coco --data DIR ({files} images)", 10, outcome)


def a_first_look(scratch: Scratch) -> Iterator[Verdict]:
    """Budget 5, with weights that were never trained."""
    save_weights(scratch.folder / "w32.pt", network.build(recipe().model, 17, seed=0))
    words = ["run", "coco-pose@w32-256x192", "--data", "data", "--weights", "w32.pt"]
    outcome = scratch.run(*words, "--boxes", "gt", "--limit", "20", "--out", "look")
    verdict = judge(5, "hrbench run …@w32-256x192 --weights FILE --limit 20", 60, outcome)
    yield verdict
    if not verdict.wrong:
        complete = scratch.record("look")["complete"]
        wrong = "" if complete is False else f"complete: {complete}"
        yield Verdict(5, "its record says complete: false", 0, NEVER, wrong)


def interrupted(scratch: Scratch) -> Iterator[Verdict]:
    """Budget 8: Ctrl-C after the first epoch, then --resume, against a run that was left alone."""
    whole = scratch.run("run", *SMALL, "--data", "data", "--out", "whole")
    with scratch.start("run", *SMALL, "--data", "data", "--out", "halves") as process:
        while process.poll() is None and not list(scratch.folder.glob("halves/*/*/*/last.pt")):
            time.sleep(0.01)
        started = time.perf_counter()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()
    stopped = Outcome(time.perf_counter() - started, process.returncode, stdout, stderr)
    resumed = scratch.run("run", "--resume", str(scratch.only("halves")))
    found = [
        judge(8, "a small training left alone", NEVER, whole),
        judge(8, "Ctrl-C to the end of the process", 10, stopped, code=130),
        judge(8, "hrbench run --resume RUN", NEVER, resumed),
    ]
    yield from found
    if all(verdict.kept for verdict in found):
        one, two = (scratch.record(out) for out in ("whole", "halves"))
        same = all(one[key] == two[key] for key in ("weights", "metrics"))
        wrong = "" if same else "other weights or figures"
        yield Verdict(8, "the same weights and figures as without a stop", 0, NEVER, wrong)


def mistyped(scratch: Scratch) -> Iterator[Verdict]:
    """Budget 9, by one example; `tests/` has the rest."""
    outcome = scratch.run("run", "coco-poze")
    verdict = judge(9, "hrbench run coco-poze says what is wrong", 10, outcome, code=1)
    yield verdict
    if "Traceback" in outcome.stderr or "coco-pose" not in outcome.stderr:
        yield Verdict(9, "one message", 0, NEVER, outcome.stderr)


def verdicts(scratch: Scratch, *, whole: bool, coco_sized: bool) -> Iterator[Verdict]:
    """Run everything, cheapest first."""
    yield from help_and_doctor(scratch)
    yield from mistyped(scratch)
    made = scratch.run("make", "coco", "data", "--images", str(IMAGES))
    yield judge(4, f"hrbench make coco DIR --images {IMAGES}", NEVER, made)
    yield from checking(scratch, coco_sized=coco_sized)
    yield from interrupted(scratch)
    yield from a_first_look(scratch)
    if whole:
        (scratch.folder / "data").rename(scratch.folder / "elsewhere")
        yield from without_data(scratch)


def main() -> None:
    """Print a line for each verdict; exit 1 if a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--whole", action="store_true", help="Budget 2 too.")
    parser.add_argument("--coco-sized", action="store_true", help="Budget 4 on a large folder.")
    chosen = parser.parse_args()
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        scratch = Scratch(Path(folder))
        for verdict in verdicts(scratch, whole=chosen.whole, coco_sized=chosen.coco_sized):
            print(verdict, flush=True)
            kept &= verdict.kept
    if not kept:
        raise SystemExit("a budget is not kept")


if __name__ == "__main__":
    main()
