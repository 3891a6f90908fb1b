"""What a run ran on: hrbench itself, the libraries, the machine."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import hrbench
from hrbench.report.record import Code

# Each library, and the distributions that bring it.
LIBRARIES = {
    "numpy": ("numpy",),
    "torch": ("torch",),
    "opencv": ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless"),
    "pycocotools": ("pycocotools",),
    "pillow": ("pillow",),
    "h5py": ("h5py",),
    "scikit-learn": ("scikit-learn",),
    "scipy": ("scipy",),
    "pandas": ("pandas",),
    "pydantic": ("pydantic",),
    "timm": ("timm",),
}
# What moves a number; a change elsewhere in the checkout does not make it dirty.
SOURCES = ("hrbench", "tasks", "datasets")


def code_version(package: Path | None = None) -> Code:
    """Return version, commit and dirtiness of hrbench itself.

    Only a checkout whose root holds the package is asked: an installed hrbench often lies
    inside somebody else's repository.
    """
    package = package or Path(hrbench.__file__).resolve().parent
    checkout = package.parent
    if not (checkout / ".git").exists():
        return Code(version=hrbench.__version__, commit=None, dirty=None)
    commit = _git(checkout, "rev-parse", "--verify", "HEAD")
    changes = _git(checkout, "status", "--porcelain", "--", *SOURCES)
    return Code(
        version=hrbench.__version__,
        commit=commit or None,
        dirty=None if changes is None else bool(changes),
    )


def environment() -> dict[str, str | None]:
    """Return the version of everything that computes; null for what is not installed.

    Asks the packages' metadata, so that nothing is imported for it.
    """
    versions: dict[str, str | None] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    return versions | {name: _version(packages) for name, packages in LIBRARIES.items()}


def hardware(device: str) -> dict[str, str | int | None]:
    """Return the processor, the cores this process may use, and `device` as it was named."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    cores = len(affinity(0)) if affinity else os.cpu_count()
    return {"cpu": _processor(), "cores": cores, "device": device}


def doctor(devices: Mapping[str, str]) -> dict[str, str]:
    """Return what to paste into a bug report; `devices` is what torch found, in its words."""
    code, machine = code_version(), hardware("")
    return {
        "hrbench": f"{code.version} ({_origin(code)})",
        **{name: version or "not installed" for name, version in environment().items()},
        "executable": sys.executable,
        "cpu": f"{machine['cpu']}, {machine['cores']} cores",
        **devices,
    }


def doctor_text(facts: Mapping[str, str]) -> str:
    """Return `doctor`'s facts as aligned lines."""
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in facts.items())


def _origin(code: Code) -> str:
    if code.dirty is None:
        return "installed"
    if code.commit is None:
        return "checkout without a commit"
    return f"commit {code.commit}{', changed since' if code.dirty else ''}"


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git says, or None where it cannot tell; nothing is written in the checkout."""
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _version(packages: tuple[str, ...]) -> str | None:
    for package in packages:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return None


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    if known.is_file():
        for line in known.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
