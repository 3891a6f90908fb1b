"""Whether two figures are of one protocol, as far as both sides tell: the mark of a comparison."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from hrbench.report.benchmarks import benchmark
from hrbench.report.published import LIFTING, PROTOCOL, Row

if TYPE_CHECKING:
    from hrbench.report.record import RunRecord  # its models take their time to be made

Told: TypeAlias = dict[str, str]  # a key of a protocol -> its value in words; "" where silent

NOT_STATED = "not stated"  # by the other side
NOT_RECORDED = "not recorded"  # by ours
OLDER = "TF32 in convolutions"  # torch's own way, of older records
SAME = "same"
MATCHED = ("split", "metric")  # keys of a protocol that choose the row, and so agree
# Keys that change nothing beside what another one says.
IDLE: dict[str, Callable[[Told], bool]] = {
    "flip_shift": lambda told: told.get("flip_test") == "false",
    "box_threshold": lambda told: told.get("boxes") == "gt",
    "nms_threshold": lambda told: told.get("nms") == "none",
    "projection": lambda told: told.get("keypoints", "gt") != "gt",
    "root": lambda told: told.get("lifter") == "linear",  # which answers around the hip
    "joint_map": lambda told: told.get("joint_map") == "none",
    "boxes": lambda told: bool(told.get("keypoints")),  # of lifted keypoints: their name says them
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One key of a protocol that two sides do not share, or that one of them leaves open."""

    key: str
    ours: str
    theirs: str

    @property
    def is_open(self) -> bool:
        """Whether one side says nothing, so that nobody knows if they agree."""
        return self.theirs == NOT_STATED or self.ours == NOT_RECORDED

    @property
    def name(self) -> str:
        """The key as a reader has it: `flip test`."""
        return self.key.replace("_", " ")

    def __str__(self) -> str:
        """Return the key with both sides, as it is printed."""
        return f"{self.name} {self.ours} (theirs: {self.theirs})"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two protocols stand to each other: `same`, `differs` or `unknown`, and in what."""

    differences: tuple[Difference, ...] = ()

    @property
    def differing(self) -> tuple[Difference, ...]:
        """The keys that both sides tell, and tell differently."""
        return tuple(one for one in self.differences if not one.is_open)

    @property
    def unknown(self) -> tuple[Difference, ...]:
        """The keys of which one side says nothing."""
        return tuple(one for one in self.differences if one.is_open)

    @property
    def is_same(self) -> bool:
        """Whether every key is known on both sides and equal."""
        return not self.differences

    @property
    def mark(self) -> str:
        """`same`, `differs: boxes, flip test` or `unknown: padding`, or the latter two."""
        sides = (("differs", self.differing), ("unknown", self.unknown))
        said = [f"{word}: {', '.join(one.name for one in keys)}" for word, keys in sides if keys]
        return "; ".join(said) or SAME

    @property
    def words(self) -> str:
        """The mark with the values, and with who is silent."""
        differing, silent = ", ".join(map(str, self.differing)), []
        for word in (NOT_STATED, NOT_RECORDED):
            names = [one.name for one in self.unknown if word in (one.ours, one.theirs)]
            silent += [f"{', '.join(names)} ({word})"] if names else []
        said = (("differs", differing), ("unknown", ", ".join(silent)))
        return "; ".join(f"{word}: {keys}" for word, keys in said if keys) or SAME

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "mark": self.mark,
            "differs": [
                {"key": one.key, "ours": one.ours, "theirs": one.theirs} for one in self.differing
            ],
            "unknown": [one.key for one in self.unknown],
        }


def told(record: "RunRecord") -> Told:
    """Return what a record tells of its protocol, and what its lifter sees."""
    return _told(record.protocol, record.spec.get("model"))


@cache
def of_task(task: str) -> Told:
    """Return the protocol of a task that comes with hrbench, in its main variant; else nothing."""
    about = benchmark(task)
    return {} if about is None else _told(about.plain["protocol"], about.plain["model"])


def between(record: "RunRecord", other: "RunRecord") -> Agreement:
    """Return how the protocols of two records stand to each other, versions of the task too.

    Precision is what it really was.
    """
    ours, theirs = (
        {
            "scales": scales_word(None),
            **told(one),
            "precision": precision(one),
            "task_version": str(one.task_version),
        }
        for one in (record, other)
    )
    return _agreement(ours, theirs, dict.fromkeys((*ours, *theirs)))


def precision(record: "RunRecord") -> str:
    """Return in which precision was predicted: before records told, fp32 on a card was not full."""
    said = spelled(record.protocol.get("precision"))
    on_card = str(record.hardware.get("device")).startswith("cuda")
    untold = "execution" in record.lacking
    return f"{said} with {OLDER}" if said == "fp32" and on_card and untold else said


def with_row(ours: Told, row: Row) -> Agreement:
    """Return how a protocol stands to a published row's, as far as its source tells.

    A key of ours that has no column, or an empty one, is "not stated"; a column that the source
    fills and our side lacks is "not recorded". Without `scales` a protocol has one; that counts
    where the row states its own, and always where the task has a variant of several.
    """
    about = benchmark(row["task"])
    ours = {key: value for key, value in ours.items() if key not in MATCHED}
    if row.get("scales") or "scales" in ours or (about is not None and about.pyramid):
        ours.setdefault("scales", scales_word(None))
    keys = dict.fromkeys((*PROTOCOL, *ours))
    return _agreement(ours, {key: row.get(key, "") for key in keys}, keys)


def against_task(row: Row) -> Agreement:
    """Return how a published row's protocol stands to that of its task, whatever the network."""
    ours = {key: value for key, value in of_task(row["task"]).items() if key != "lifter"}
    return with_row(ours, {**row, "lifter": ""})


def spelled(value: object) -> str:
    """Return a protocol value as published.csv writes it: true, 0.9, none, a+b."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "+".join(sorted(map(spelled, value))) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {spelled(item)}" for key, item in sorted(value.items()))
    return "" if value is None else str(value)


def scales_word(scales: object) -> str:
    """Return the scales of a record's crops as published.csv writes them; no list is one scale."""
    return "multi" if isinstance(scales, list) and len(scales) > 1 else "single"


def lifting_keys(model: object) -> dict[str, object]:
    """Return what a lifting network is, as published.csv has it; nothing of others."""
    head = model.get("head") if isinstance(model, dict) else None
    if not isinstance(model, dict) or not isinstance(head, str) or not head.startswith(LIFTING):
        return {}
    widths = model.get("filter_widths")
    frames = math.prod(map(int, map(str, widths))) if isinstance(widths, list) else 1
    causal = "-causal" if model.get("causal") else ""  # another network, of which no row is
    return {"lifter": head.removeprefix(LIFTING) + causal, "frames": frames}


def _told(protocol: Mapping[str, object], model: object) -> Told:
    said = {key: spelled(value) for key, value in {**protocol, **lifting_keys(model)}.items()}
    return said | ({"scales": scales_word(protocol["scales"])} if "scales" in protocol else {})


def _agreement(ours: Told, theirs: Told, keys: Mapping[str, object]) -> Agreement:
    differences = []
    for key in keys:
        mine, other = ours.get(key, ""), theirs.get(key, "")
        if _same(mine, other) or any(key in IDLE and IDLE[key](side) for side in (ours, theirs)):
            continue
        differences.append(Difference(key, mine or NOT_RECORDED, other or NOT_STATED))
    return Agreement(tuple(differences))


def _same(ours: str, theirs: str) -> bool:
    try:
        return float(ours) == float(theirs)
    except ValueError:
        return ours == theirs
