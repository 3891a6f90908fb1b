"""Threads and cores: how torch's threads wait for each other, and how many run at once."""

import os
from collections.abc import MutableMapping

WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")  # any of them says how
COUNTING = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
SETTINGS = (*WAITING, *COUNTING)


def wait_asleep(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let OpenMP's threads sleep while they wait, unless the environment says how they wait.

    By default they spin. Where another program has the cores, each parallel loop then waits
    for a thread that has none: two small trainings at once took three times as long as one.
    OpenMP reads this once, when torch is loaded, and processes started from here inherit it.
    """
    if not any(name in environment for name in WAITING):
        environment["OMP_WAIT_POLICY"] = "passive"


def settings(environment: MutableMapping[str, str] = os.environ) -> dict[str, str]:
    """Return what the environment says of threads."""
    return {name: environment[name] for name in SETTINGS if name in environment}


def cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(affinity(0)) if affinity else os.cpu_count() or 1
