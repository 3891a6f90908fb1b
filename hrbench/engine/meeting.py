"""How the processes that torchrun has started find each other, and not those before them.

torchrun keeps one store for as long as it lives. What it starts again after a process is gone
finds there what the ones before had written, such as the addresses at which they listened.
"""

import time
from datetime import timedelta
from functools import partial
from uuid import uuid4

from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from hrbench.errors import RunError

WAIT = timedelta(minutes=10)  # for processes that have not begun yet, on a busy cluster
PAUSE = 0.02  # seconds between two looks


def store() -> Store:
    """Return a store that only the processes of this start write to and read from.

    Raises:
        RunError: not all came.
    """
    shared, rank, world = next(rendezvous("env://"))
    return PrefixStore(met(shared, rank, world), shared)


def met(store: Store, rank: int, world: int, wait: timedelta = WAIT) -> str:
    """Return a word that only the processes of this start have, once all of them are here.

    Each says who it is, in a word of its own; the first says whom it sees, until all have seen
    themselves among these.

    Args:
        store: of torchrun, with whatever other processes have left in it.
        rank: of this process, 0 to world - 1.
        world: how many processes there are.
        wait: for how long at most.

    Raises:
        RunError: not all came.
    """
    end = time.monotonic() + wait.total_seconds()
    mine = uuid4().hex
    look = partial(_lead, world=world) if rank == 0 else partial(_join, rank=rank)
    while (word := look(store, mine)) is None:
        if time.monotonic() > end:
            raise RunError(
                f"process {rank} of {world} has waited {wait} for the others; see what torchrun "
                "says of them"
            )
        time.sleep(PAUSE)
    return word


def _lead(store: Store, mine: str, world: int) -> str | None:
    """Say whom the first process sees; return its word where all have taken that."""
    others = range(1, world)
    if not store.check([f"here/{other}" for other in others]):
        return None
    seen = [str(store.get(f"here/{other}"), "ascii") for other in others]
    store.set("meeting", " ".join([mine, *seen]))
    taken = [f"taken/{other}" for other in others]
    if not store.check(taken):
        return None
    return mine if all(store.get(key) == mine.encode() for key in taken) else None


def _join(store: Store, mine: str, rank: int) -> str | None:
    """Say that another process is here; return the first one's word where that sees it."""
    store.set(f"here/{rank}", mine)
    if not store.check(["meeting"]):
        return None
    word, *seen = str(store.get("meeting"), "ascii").split()
    if mine not in seen:
        return None
    store.set(f"taken/{rank}", word)
    return word
