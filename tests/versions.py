"""The protocols of the shipped tasks by version: `python tests/versions.py` adds the new ones."""

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import tomli_w

from hrbench import catalog
from hrbench.report.seal import canonical
from hrbench.spec import DatasetSpec, TaskSpec

TABLE = Path(__file__).with_name("protocols.toml")
HEADER = """\
# What each version of each shipped task measures: a SHA-256 of each variant's protocol. No line is
# ever changed: who changes a protocol raises the task's `version`, and `python tests/versions.py`
# adds the lines of that.

"""
Known = dict[str, dict[str, dict[str, str]]]  # task -> version -> variant -> hash
MEASURED = ("sigmas", "normalisers", "keypoints", "flip_pairs")  # what a dataset adds to a figure


def fingerprint(spec: TaskSpec, dataset: DatasetSpec) -> str:
    """Return a hash of all in a task's files that decides what its figure means."""
    plain, of_dataset = spec.plain(), dataset.plain()
    split = of_dataset["splits"][spec.protocol.split]
    said = {
        "protocol": plain["protocol"],
        "input": plain["model"].get("input"),
        "dataset": {key: of_dataset.get(key) for key in MEASURED},
        "split": {key: value for key, value in split.items() if key != "images"},
    }
    return hashlib.sha256(canonical(said)).hexdigest()


def shipped() -> Iterator[tuple[TaskSpec, DatasetSpec]]:
    """Yield every variant of every task that comes with hrbench, with its dataset."""
    for task in catalog.names("tasks"):
        for variant in catalog.variants(task):
            spec = catalog.load_task(f"{task}@{variant}")
            yield spec, catalog.load_dataset(spec.dataset)


def known() -> Known:
    """Return the table."""
    return tomllib.loads(TABLE.read_text("utf-8")) if TABLE.is_file() else {}


def fault(spec: TaskSpec, dataset: DatasetSpec, table: Known) -> str:
    """Return why a variant does not agree with the table, or nothing."""
    of_version = table.get(spec.name, {}).get(str(spec.version), {})
    before = of_version.get(spec.variant)
    name = f"{spec.name}@{spec.variant}"
    if before is None:
        return f"{name}, version {spec.version}: is new; `python tests/versions.py` writes it down"
    if before != fingerprint(spec, dataset):
        return f"{name}: its protocol is not that of version {spec.version}; raise the version"
    return ""


def added(table: Known) -> Known:
    """Return the table with what is new."""
    for spec, dataset in shipped():
        versions = table.setdefault(spec.name, {})
        hashes = versions.setdefault(str(spec.version), {})
        hashes.setdefault(spec.variant, fingerprint(spec, dataset))
    return table


if __name__ == "__main__":
    TABLE.write_text(HEADER + tomli_w.dumps(added(known())), "utf-8")
