"""Runs of a suite as jobs of submitit's on this machine."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from hrbench.commands.suite.jobs import Jobs
from hrbench.commands.suite.launching import LOCAL, attempt, limit
from hrbench.commands.suite.plan import Planned
from hrbench.engine.runtime import cards
from hrbench.spec.suite import Suite

POLLED = 0.2  # seconds


def run(suite: Suite, jobs: Jobs, plans: Sequence[Planned], told: Callable[[str], None]) -> None:
    """Run jobs, so many at once, and wait for all; Ctrl-C ends them, with their checkpoints kept.

    Each has cards of its own, as far as there are some.
    """
    slots: dict[int, tuple[Planned, Any]] = {}
    left = list(plans)
    try:
        while left or slots:
            for slot in [slot for slot, (_, job) in slots.items() if job.done()]:
                told(f"{slots.pop(slot)[0].label}: has ended")
            free = [slot for slot in range(suite.job.at_once) if slot not in slots]
            for slot, plan in zip(free, left, strict=False):
                slots[slot] = plan, _begun(suite, jobs, plan, slot)
                log = jobs.of(plan) / slots[slot][1].paths.stdout.name
                told(f"{plan.label}: begins; what it says is in {log}")
            left = left[len(free) :]
            time.sleep(POLLED)
    finally:
        for _, job in slots.values():
            job.cancel()
        while not all(job.done() for _, job in slots.values()):
            time.sleep(POLLED)


def _begun(suite: Suite, jobs: Jobs, plan: Planned, slot: int) -> Any:
    from submitit import LocalExecutor  # noqa: PLC0415  an extra

    gpus = cards() // suite.job.at_once if suite.job.gpus is None else suite.job.gpus
    executor = LocalExecutor(jobs.of(plan), max_num_timeout=suite.job.requeues)
    executor.update_parameters(
        timeout_min=limit(suite),
        signal_delay_s=suite.job.notice,
        gpus_per_node=gpus,
        visible_gpus=list(range(slot * gpus, (slot + 1) * gpus)),
        stderr_to_stdout=True,
    )
    job = executor.submit(attempt(suite, jobs, plan, gpus))
    jobs.begun(plan, LOCAL, job.job_id, job.paths.stdout)
    return job
