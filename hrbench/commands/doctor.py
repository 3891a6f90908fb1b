"""What hrbench runs on."""

from hrbench.engine.runtime import devices
from hrbench.report import environment


def doctor() -> dict[str, str]:
    """Return versions and devices, to paste into a bug report."""
    return environment.doctor(devices())
