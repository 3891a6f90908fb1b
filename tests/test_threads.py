"""How threads wait is said before torch is loaded, unless the user has said it."""

import multiprocessing
import os
import subprocess
import sys

import pytest

from hrbench import threads
from hrbench.engine.runtime import devices

HOW = "OMP_WAIT_POLICY"


def python(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    plain = {name: value for name, value in os.environ.items() if name not in threads.SETTINGS}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=plain | environment,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize(
    "first", ["import hrbench", "import hrbench.cli", "import hrbench.__main__"]
)
def test_threads_wait_asleep_before_torch_is_loaded(first: str) -> None:
    code = f"{first}, os, sys; print(os.environ['{HOW}'], 'torch' in sys.modules)"
    assert python(code).stdout == "passive False\n"


@pytest.mark.skipif(sys.platform != "linux", reason="needs GNU's OpenMP, which says what it reads")
def test_the_openmp_that_torch_brings_reads_it() -> None:
    said = python("import hrbench, torch", OMP_DISPLAY_ENV="true").stderr
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in said


@pytest.mark.parametrize("name", threads.WAITING)
def test_what_the_user_says_is_left_alone(name: str) -> None:
    environment = {name: "1"}
    threads.wait_asleep(environment)
    assert environment == {name: "1"}


def test_how_many_threads_is_left_to_the_user() -> None:
    environment = {"OMP_NUM_THREADS": "3"}
    threads.wait_asleep(environment)
    assert environment == {"OMP_NUM_THREADS": "3", HOW: "passive"}


def test_processes_started_from_here_inherit_it() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(os.getenv, (HOW,)) == os.environ[HOW]


def test_doctor_shows_it() -> None:
    assert f"{HOW}={os.environ[HOW]}" in devices()["threads"]
