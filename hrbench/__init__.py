"""One HRNet, one command, one honest number."""

from typing import TYPE_CHECKING

from hrbench import threads

if TYPE_CHECKING:
    from hrbench.commands.predict.keypoints import KeypointPredictor

__all__ = ["load"]
__version__ = "0.1.0"

threads.wait_asleep()  # here, because it must be before torch is loaded


def load(
    task: str | None = None,
    weights: str = "",
    *,
    device: str = "auto",
    batch: int = 32,
    overrides: tuple[str, ...] = (),
    allow: tuple[str, ...] = (),
) -> "KeypointPredictor":
    """Return a network that finds keypoints in pictures.

    Args:
        task: NAME, NAME@VARIANT or a TOML file, of keypoints in images; without one that of the run
            that the weights are of.
        weights: a run, or a checkpoint in any layout that `hrbench weights inspect` knows.
        device: auto, cpu, cuda, or any other of torch's.
        batch: boxes that go through the network at once.
        overrides: `KEY=VALUE`, as `--set` has them: ("protocol.flip_test=false",).
        allow: as `--allow` has it: ("other-keypoints",) for weights that were trained for others.

    Raises:
        HrbenchError: the task is not known, or the weights are not of its network.
    """
    from hrbench.commands.predict import loading  # noqa: PLC0415  torch takes seconds

    return loading.keypoints(
        task, weights, device=device, batch=batch, overrides=overrides, allow=allow
    )
