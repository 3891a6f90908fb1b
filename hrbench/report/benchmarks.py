"""What a benchmark's two TOML files say that its published rows are read by."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hrbench import catalog
from hrbench.metrics import registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A task that comes with hrbench, and its dataset."""

    task: str
    title: str
    version: int  # counts up when its protocol changes
    dataset: str
    split: str  # that it is measured on
    splits: frozenset[str]  # that the dataset has
    headline: str  # the figure that it is told by
    networks: frozenset[str]  # backbones, or heads that lift, of the default variant's family
    pyramid: bool  # a variant averages the maps of several scales, so one scale has to be said
    plain: Mapping[str, Any]  # its main variant's spec


@cache
def benchmark(task: str) -> Benchmark | None:
    """Return a task that comes with hrbench; None for one of somebody's own."""
    file = catalog.shipped(task)
    if file is None:
        return None
    specs = [file.spec(variant=variant) for variant in file.variants]
    default, dataset = specs[0], catalog.load_dataset(specs[0].dataset)
    family, names = _family(default.model.network), {spec.model.network for spec in specs}
    metric = default.protocol.metric or registry.by_sigmas(known=dataset.sigmas is not None)
    return Benchmark(
        task=task,
        title=default.title,
        version=default.version,
        dataset=dataset.name,
        split=default.protocol.split,
        splits=frozenset(dataset.splits),
        headline=registry.METRICS[metric].headline,
        networks=frozenset(name for name in names if _family(name) == family),
        plain=default.plain(),
        pyramid=any("scales" in spec.plain()["protocol"] for spec in specs),
    )


def benchmarks() -> list[Benchmark]:
    """Return every task that comes with hrbench, in the order of their names."""
    return [known for task in catalog.names("tasks") if (known := benchmark(task))]


def _family(network: str) -> str:
    return network.partition("-")[0]
