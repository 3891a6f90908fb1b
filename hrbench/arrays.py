"""The kinds of arrays that have a name of their own."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]  # (height, width, 3) of a picture, or (height, width) of a grey one
