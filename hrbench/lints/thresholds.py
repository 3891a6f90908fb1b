"""From where on a property is a file's, not an object's: one place for all that is looked at."""

FEW, SHARE = 3, 0.05  # at least so many of the objects, and such a share: no slip of an annotator
UNIT = 1.5  # a coordinate that is no larger may be a share of the image
PER_CENT = (80.0, 100.5)  # what coordinates in per cent come up to, in both directions
LARGE = 200  # pixels: all of an image this large is hardly ever empty beyond the first 100


def is_widespread(count: int, total: int) -> bool:
    """Whether so many of all objects show a property that it is the file's, not theirs."""
    return count > 0 and (count == total or (count >= FEW and count >= SHARE * total))
