"""Processes that work side by side on what is alike, and end with the one that began them."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from threading import Thread

import cv2

MOST = 61  # processes that Windows can wait for at once


@contextmanager
def pool_of(processes: int) -> Iterator[Executor | None]:
    """Yield so many processes to work in; None where it is this one alone.

    They are spawned, not forked: a fork of a process in which torch or OpenCV has started
    threads can hang, and spawning is the one way that works everywhere.
    """
    if processes == 1:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, MOST), context, initializer=_begin)
    try:
        with kept_from_processes(signal.SIGINT):  # not even before `_begin`
            for _ in range(processes):
                pool.submit(_nothing)  # begins them
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait for all that is left


@contextmanager
def kept_from_processes(number: signal.Signals) -> Iterator[None]:
    """Let processes that are begun here never get a signal; to this one it comes after.

    Windows has no such thing.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _nothing() -> None:
    """Do nothing, in a process that is there for it."""


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process ends us
    cv2.setNumThreads(1)  # the processes are as many as the cores
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait until the process that began this one is gone; where it was killed, none ends us."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
