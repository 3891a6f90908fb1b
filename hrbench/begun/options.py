"""What a user asks of a run besides the task."""

from dataclasses import dataclass, fields

SPELLED = {"overrides": "set"}  # fields that have another name than their flag


@dataclass(frozen=True, slots=True)
class Options:
    """The flags of `hrbench run`; paths are strings, so that a run folder can keep them."""

    data: str | None = None  # folder of datasets; "builtin"; None: $HRBENCH_DATA, or ./data
    weights: str | None = None  # evaluate these, no training
    init: str | None = None  # start training from these
    allow_partial: bool = False  # weights may leave a part of the backbone as it was drawn
    split: str | None = None
    boxes: str | None = None  # gt | det | a detections file
    keypoints: str | None = None  # to lift: gt | the name or file of detections | a run's folder
    tta: bool | None = None  # the task's own test-time augmentation; None: as the protocol says
    overrides: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()  # names of faults of the data that are let pass
    limit: int | None = None  # images
    epochs: int | None = None
    seed: int = 0
    folds: int | None = None  # that the images are divided into
    fold: int | None = None  # the one that validates, counted from 1
    device: str = "auto"
    precision: str = "auto"
    compile: bool = False  # the network, by torch.compile
    eager: bool = False  # plain torch: nothing that is only there to be faster
    workers: int | None = None
    pictures: int | None = None  # on the contact sheets; None: some on a terminal, else none
    keep_peaks: bool = False  # of the heatmaps, for another decoder
    track: tuple[str, ...] = ()  # names of programs whose stores are told of the run
    out: str = "results/runs"

    def arguments(self) -> list[str]:
        """Return them as they are written on the command line, those that are not the default."""
        said = ((one.name, getattr(self, one.name), one.default) for one in fields(self))
        return [
            word for name, value, usual in said if value != usual for word in _written(name, value)
        ]


def _written(name: str, value: object) -> list[str]:
    flag = f"--{SPELLED.get(name, name.replace('_', '-'))}"
    if isinstance(value, tuple):
        return [word for item in value for word in (flag, str(item))]
    if isinstance(value, bool):
        return [flag if value else flag.replace("--", "--no-", 1)]
    return [flag, str(value)]
