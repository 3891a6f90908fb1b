"""Times add up and are told in words; memory is measured, or the reason why not is given."""

import json
import mmap
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from hrbench.begun.options import Options
from hrbench.commands.profile import memory, profile, timing
from hrbench.commands.profile.memory import Memory, MemoryWatch
from hrbench.commands.profile.profile import Profile
from hrbench.commands.profile.timing import Timing, timed
from hrbench.errors import RunError
from hrbench.kinds.registry import kind_of
from hrbench.road.loading import load

CPU = torch.device("cpu")


class Clock:
    """A clock that stages move on."""

    def __init__(self) -> None:
        self.now = 0.0

    def taking(self, *seconds: float) -> Callable[[Any], Any]:
        """A stage that takes so long, call by call; the last for all that follow."""
        left = list(seconds)

        def stage(given: Any) -> Any:
            self.now += left.pop(0) if len(left) > 1 else left[0]
            return given

        return stage


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("time.perf_counter", lambda: made.now)
    return made


def test_times_are_medians_after_a_pass_that_warms_up(clock: Clock) -> None:
    stages = {"network": clock.taking(9, 2, 4, 3), "decode": clock.taking(1)}
    found = timed(stages, 8, CPU, MemoryWatch(CPU))
    assert found.repeats == 3
    assert found.seconds["network"].tolist() == [2, 4, 3]
    assert found.whole.tolist() == [3, 5, 4]
    assert clock.now == 9 + 1 + found.whole.sum()
    assert timing.spread(found.whole) == timing.Spread(4, 3.5, 4.5)
    assert found.shares() == {"network": 0.75, "decode": 0.25}
    assert found.per_second == 8 / 4


def test_what_is_short_is_repeated_for_three_seconds_and_fifty_times_at_most(clock: Clock) -> None:
    for seconds, repeats in ((1.0, 3), (0.25, 12), (0.001, 50)):
        found = timed({"network": clock.taking(seconds)}, 1, CPU, MemoryWatch(CPU))
        assert found.repeats == repeats


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.cuda.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_a_batch_that_memory_is_too_small_for_is_named(error: Exception) -> None:
    def full(_: object) -> None:
        raise error

    with pytest.raises(RunError, match=r"too small for --batch 512; profile with a smaller one"):
        timed({"network": full}, 512, CPU, MemoryWatch(CPU))


def holding(megabytes: int) -> None:
    """Hold memory and give it back: mapped, for `free` may keep it for the process."""
    with mmap.mmap(-1, megabytes * 2**20) as held:
        held[:: mmap.PAGESIZE] = bytes(len(held) // mmap.PAGESIZE)


@pytest.mark.skipif(not memory.STATUS.exists(), reason="the peak is known on Linux only")
def test_the_peak_is_of_what_a_pass_held_and_gave_back() -> None:
    watch = MemoryWatch(CPU)
    megabytes = 2**20
    # So much that what earlier tests give back meanwhile, some 50 MB, does not count.
    large = timed({"network": lambda _: holding(512)}, 1, CPU, watch)
    assert large.memory.size is not None
    assert 400 * megabytes < large.memory.size < 700 * megabytes
    little = timed({"network": lambda _: None}, 1, CPU, watch)
    assert little.memory.size is not None
    assert little.memory.size < large.memory.size - 300 * megabytes


def test_memory_that_cannot_be_measured_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_forget_peak", lambda: False)
    found = timed({"network": lambda _: None}, 1, CPU, MemoryWatch(CPU)).memory
    assert found == Memory(None, "measured on Linux only, where the peak can be reset")


def made(*timings: Timing) -> Profile:
    """A profile of hand-made times."""
    loaded = load("coco-pose@tiny", Options(device="cpu"))
    profiled = kind_of(loaded.task.spec).profiled(loaded.task, loaded.network)
    return Profile(
        task="coco-pose",
        variant="tiny",
        model="",
        weights=None,
        complexity=profiled.complexity,
        items=profiled.items,
        passes=profiled.passes,
        stages=profiled.words,
        device="cpu",
        hardware={},
        environment={},
        threads=1,
        precision="fp32",
        picture=None,
        memory_of="",
        timings=timings,
    )


def at(batch: int, **seconds: float) -> Timing:
    return Timing(batch, {name: np.array([s]) for name, s in seconds.items()}, Memory(0))


def test_the_bottleneck_is_the_stage_that_takes_longest() -> None:
    one = at(1, read=1, crop=1, network=6, decode=2)
    eight = at(8, read=10, crop=2, network=6, decode=2)
    assert made(one).bottleneck == "The bottleneck is network at batch 1 (60 % of the time)."
    assert made(one, eight).bottleneck == (
        "The bottleneck is network at batch 1 (60 % of the time); "
        "read at batch 8 (50 % of the time)."
    )
    sixteen = at(16, read=1, crop=1, network=8, decode=0)
    assert made(one, sixteen).bottleneck == (
        "The bottleneck is network at batch 1, 16 (60 to 80 % of the time)."
    )


def test_enough_processes_read_for_the_network() -> None:
    assert made(at(1, read=1, crop=1, network=6, decode=2)).readers == 1
    assert made(at(8, read=10, crop=7, network=6, decode=2)).readers == 3
    assert made(at(1, network=6, decode=2)).readers is None


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_profile_is_json_with_shares_that_add_up(precision: str) -> None:
    options = Options(device="cpu", precision=precision)
    found = profile.profile("coco-pose@tiny", options, [2, 1, 2])
    assert [each.batch for each in found.timings] == [1, 2]
    assert found.precision == precision
    content = json.loads(json.dumps(found.content(), allow_nan=False))
    for batch in content["batches"]:
        seconds = batch["seconds"]
        whole = seconds.pop("whole")
        parts = [part["median"] for part in seconds.values()]
        assert max(parts) < whole["median"]  # their sum is the whole's in each repeat alone
        assert sum(part["share"] for part in seconds.values()) == pytest.approx(1)
        assert whole["low"] <= whole["median"] <= whole["high"]
        assert batch["per_second"] == pytest.approx(batch["batch"] / whole["median"])


@pytest.mark.parametrize("batches", [[], [0], [4, -1]])
def test_a_batch_of_nothing_is_a_mistake(batches: list[int]) -> None:
    with pytest.raises(ValueError, match="of 1 or more"):
        profile.profile("coco-pose@tiny", Options(), batches)
