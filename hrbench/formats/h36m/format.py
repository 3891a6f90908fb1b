"""Human3.6M's joints in space, in the files of the release and of three families."""

from hrbench.formats.contract import ClipFormat
from hrbench.formats.h36m import checking, reading

H36M = ClipFormat(
    report=checking.split_report,
    marks=tuple(mark for mark, _ in reading.FORMS),
    read=reading.read,
    unread=reading.unread,
)
