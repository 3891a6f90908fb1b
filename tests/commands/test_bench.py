"""Benchmarks as processes of their own: what is kept of each, and that none outlives its time."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import peer
import pytest
import sidebyside

from hrbench import catalog
from hrbench.commands.bench import bench as benching
from hrbench.commands.bench import sections
from hrbench.commands.bench.bench import Bench, Outcome
from hrbench.commands.bench.process import Ended, run
from hrbench.commands.bench.sections import Section
from hrbench.commands.bench.text import quantity, text
from hrbench.errors import HrbenchError, UnknownNameError

ROW = {"what": "a sum", "unit": "s", "peer": "NumPy", "official": 0.5, "hrbench": 0.25, "ratio": 2}
NOTES = f"""
import os
with open(os.environ["HRBENCH_BENCH_ROWS"], "a") as file:
    file.write({json.dumps(ROW)!r} + "\\n")
"""
STUCK = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of `benchmarks`."""
    monkeypatch.setattr(catalog, "folder", lambda _: tmp_path)
    return tmp_path


def outcomes(scripts: Path, seconds: float = 60, **sources: str) -> tuple[Outcome, ...]:
    """What comes of scripts with these sources, each in so many seconds at most."""
    for name, source in sources.items():
        (scripts / f"{name}.py").write_text(source, "utf-8")
    asked = tuple(Section(name, f"{name}.py", seconds) for name in sources)
    *_, last = benching.bench(asked, None, lambda _: None, card=False)
    return last.outcomes


def gone(pid: int) -> bool:
    """Whether a process ends, or has; one that nobody has waited for yet is none any more."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{pid}/stat")
        if state.is_file() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_each_section_keeps_its_rows_and_says_why_it_has_no_more(scripts: Path) -> None:
    found = outcomes(
        scripts,
        measures=NOTES,
        lacks="print('needs a CUDA card; nothing measured')",
        fails=NOTES + "raise SystemExit('loss: the two ways disagree')",
    )
    assert [(one.name, len(one.rows), one.said) for one in found] == [
        ("measures", 1, ""),
        ("lacks", 0, "needs a CUDA card; nothing measured"),
        ("fails", 1, "failed: loss: the two ways disagree"),
    ]
    assert found[0].rows[0] == ROW
    assert found[0].command == f"python {scripts / 'measures.py'}"


def test_a_section_that_is_out_of_time_keeps_what_it_has_and_the_next_begins(scripts: Path) -> None:
    late = NOTES + "import time; time.sleep(600)"
    found = outcomes(scripts, seconds=2, late=late, measures=NOTES)
    assert [len(one.rows) for one in found] == [1, 1]
    assert found[0].said == "ended after 2 s, which is all the time that it has"
    assert found[1].said == ""


def test_half_a_line_of_a_process_that_was_ended_is_left_out(scripts: Path) -> None:
    half = (
        NOTES
        + """
with open(os.environ["HRBENCH_BENCH_ROWS"], "a") as file:
    file.write('{"what": "a pro')
"""
    )
    assert [len(one.rows) for one in outcomes(scripts, half=half)] == [1]


@pytest.mark.skipif(os.name != "posix", reason="Windows ends processes by another program")
def test_what_a_process_has_started_ends_with_its_time() -> None:
    told: list[str] = []
    ended = run([sys.executable, "-c", STUCK], dict(os.environ), 2, told.append)
    assert (ended.status, ended.last) == (None, told[0])
    assert gone(int(told[0]))


@pytest.mark.skipif(os.name != "posix", reason="Windows ends processes by another program")
def test_what_a_process_has_started_ends_with_ours(scripts: Path) -> None:
    (scripts / "stuck.py").write_text(STUCK, "utf-8")
    told: list[str] = []

    def end_us(line: str) -> None:
        told.append(line)
        if line.strip().isdigit():
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        list(benching.bench((Section("stuck", "stuck.py", 60),), None, end_us, card=False))
    assert gone(int(told[-1]))


def test_on_a_card_the_sections_share_the_budget_and_what_one_leaves_goes_to_the_next(
    scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        (scripts / f"{name}.py").touch()
    limits: list[float] = []
    clock = iter([0, 0, 10, 100])  # at the start and before each section

    def instead(*arguments: object) -> Ended:
        limits.append(float(str(arguments[2])))
        return Ended(0, "", 0)

    monkeypatch.setattr(benching, "run", instead)
    monkeypatch.setattr(benching, "devices", lambda: {"cuda": "a card"})
    monkeypatch.setattr(benching, "BUDGET", 200.0)
    monkeypatch.setattr(benching, "monotonic", lambda: next(clock))
    asked = tuple(
        Section(name, f"{name}.py", share)
        for name, share in (("one", 50), ("two", 25), ("three", 25))
    )
    list(benching.bench(asked, None, lambda _: None, card=True))
    assert limits == [100, 95, 100]


def test_scripts_read_what_is_told_them() -> None:
    assert (benching.ROWS, benching.PEER) == (sidebyside.ROWS, peer.PEER)


def test_the_budget_of_a_card_is_four_minutes_at_most() -> None:
    assert sections.BUDGET < 240


@pytest.mark.parametrize("card", [True, False])
def test_the_script_of_every_section_is_there(card: bool) -> None:
    chosen = sections.chosen((), card=card)
    names = {section.script for section in chosen}
    assert {name for name in names if not (catalog.folder("benchmarks") / name).is_file()} == set()
    assert len({section.name for section in chosen}) == len(chosen)


def test_sections_are_chosen_by_name() -> None:
    assert [one.name for one in sections.chosen(("decoding", "feed"), card=False)] == [
        "feed",
        "decoding",
    ]
    with pytest.raises(UnknownNameError, match="Did you mean 'feed'"):
        sections.chosen(("fede",), card=False)


def test_a_folder_without_the_official_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HrbenchError, match="name a checkout of deep-high-resolution-net"):
        next(benching.bench(sections.ON_CPU, str(tmp_path), lambda _: None, card=False))


def test_a_card_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benching, "devices", lambda: {"cuda": "no card"})
    with pytest.raises(HrbenchError, match="--gpu: torch finds no CUDA card here"):
        next(benching.bench(sections.ON_CARD, None, lambda _: None, card=True))


def test_the_table_has_machine_figures_and_commands() -> None:
    alone = {"what": "copies", "unit": "GB/s", "hrbench": 12.5}
    ranged = ROW | {"low": 1.5, "high": 2.5, "shortest": 1.75}
    outcome = Outcome("sums", "python sums.py", 3.0, "failed: x", (ranged, alone))
    found = Bench({"cpu": "a processor"}, None, (outcome,))
    assert text(found, 100, colour=False).splitlines() == [
        "cpu  a processor",
        "",
        "sums, 3 s",
        "what    beside  theirs    hrbench  ratio  range         shortest",
        "a sum   NumPy   500 ms     250 ms   2.00  1.50 to 2.50      1.75",
        "copies                  12.5 GB/s",
        "failed: x",
        "  python sums.py",
    ]


def test_quantities_have_three_figures() -> None:
    shown = [quantity(*pair) for pair in ((1234.5, "s"), (0.0123, "s"), (0.5, "MB"))]
    assert shown == ["1,234 s", "12.3 ms", "0.5 MB"]
