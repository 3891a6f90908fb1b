"""What heads that score keypoints have in common."""

from torch import nn

from hrbench.backbone.initial import Initial, draw


class KeypointHead(nn.Module):
    """Layers that make (B, K, …) scores of a backbone's branches."""

    def initialise(self, initial: Initial) -> None:
        """Draw the weights of its convolutions anew, by the numbers that come next."""
        draw(self, initial)
