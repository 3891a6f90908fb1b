"""Checks of the project: `nox` runs lint, types and every test where it is started.

So do `cases`, `mutants` and `slurm`; `minimums`, `package`, `docs`, `bench` and `fuzz` each make an
environment.
"""

import tomllib
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.error_on_missing_interpreters = True
PROJECT = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
EVERYTHING = "slow or not slow"
PROCESSES = ("-n", "auto", "--maxprocesses", "4")  # a process per core
BROWSER = ("playwright", "axe-playwright-python")  # what tests of the report open it with
ONE = {"OMP_NUM_THREADS": "1"}  # of torch's threads in each


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Style."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(venv_backend="none")
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.run("mypy")


@nox.session(venv_backend="none")
def tests(session: nox.Session) -> None:
    """Every test, slow ones too; those for a GPU say that they need one.

    In a process per core, four at most, each with one of torch's threads.
    """
    session.run("pytest", *PROCESSES, "-m", EVERYTHING, *session.posargs, env=ONE)


@nox.session(venv_backend="none", default=False)
def cases(session: nox.Session) -> None:
    """Files with the properties that people's own have, each made by its test."""
    session.run("pytest", "-m", EVERYTHING, "tests/cases", *session.posargs)


@nox.session(default=False)
def minimums(session: nox.Session) -> None:
    """The quick tests on the lowest versions that pyproject.toml claims.

    All but those of export, which needs a newer PyTorch than the rest and says so.
    """
    extras = PROJECT["optional-dependencies"]
    needs = [*PROJECT["dependencies"]]
    smaller = ("cdf", "mlflow", "sleap", "slurm", "tensorboard", "timm", "video")
    needs += [need for name in smaller for need in extras[name]]
    lowest = [need.split(",")[0].replace(">=", "==") for need in needs]
    notebooks = ("ipykernel", "nbclient")
    beside = ("pytest>=8.3", "hypothesis", "nox", "psutil", "pytest-benchmark", *BROWSER)
    peers = ("OneEuroFilter", "huggingface_hub", "jsonschema", "torchmetrics", "webdataset")
    session.install(*lowest, *beside, *notebooks, *peers)
    session.install("--no-deps", "-e", ".")
    without = [f"--ignore={path}" for path in Path("tests").rglob("test_*export*.py")]
    session.run("pytest", *without, *session.posargs)


@nox.session(default=False)
def package(session: nox.Session) -> None:
    """The wheel, alone in an environment, from another folder."""
    session.install("build")
    dist = session.create_tmp()
    session.run("python", "-m", "build", "--outdir", dist)
    wheel = next(Path(dist).glob("*.whl"))
    session.run("python", "-m", "zipfile", "-l", str(wheel))
    session.install("--force-reinstall", str(wheel))
    with session.chdir(dist):
        for command in (
            *(["--help"], ["list"], ["report"], ["report", "--format", "html"]),
            *(["doctor"], ["run", "coco-pose"], ["bench", "--only", "targets"]),
        ):
            session.run("hrbench", *command)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """The site, in build/site; `nox -s docs -- linkcheck` asks whether every address is there."""
    session.install("-e", ".[docs]")
    builder = session.posargs[0] if session.posargs else "html"
    session.run("sphinx-build", "-W", "--keep-going", "-b", builder, "docs", "build/site")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Ratios against named peers, each in one run."""
    session.install("-e", ".[dev]")
    session.run("hrbench", "bench", *session.posargs)
    session.run("python", "benchmarks/busy.py")
    session.run("python", "benchmarks/first_minutes.py", "--whole")
    session.run("pytest", "benchmarks")


@nox.session(venv_backend="none", default=False)
def mutants(session: nox.Session) -> None:
    """Mistakes planted in a copy of hrbench: the tests that each names notice it."""
    session.run("pytest", *PROCESSES, "--dist", "worksteal", "tests/mutants/planted.py", env=ONE)


@nox.session(venv_backend="none", default=False)
def slurm(session: nox.Session) -> None:
    """A suite on Slurm itself, as root where its daemons are installed; some four minutes."""
    session.run("pytest", "-rs", "-m", EVERYTHING, "tests/commands/on_slurm.py", env=ONE)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """The property tests with many more examples."""
    session.install("-e", ".[dev]")
    session.run("pytest", "-m", "hypothesis", "--hypothesis-profile=fuzz", *session.posargs)
