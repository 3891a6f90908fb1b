"""ImageNet's format: folders of classes, or the flat validation folder with its truth."""

from hrbench.formats.contract import PictureFormat
from hrbench.formats.imagenet import checking, reading

IMAGENET = PictureFormat(
    report=checking.split_report,
    training=reading.training,
    evaluation=reading.evaluation,
    pictures=reading.pictures,
)
