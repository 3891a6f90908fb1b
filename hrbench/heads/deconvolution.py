"""SimpleBaseline's heatmap head: a coarse map enlarged by learned steps."""

from collections.abc import Sequence

from torch import Tensor, nn


class DeconvolutionHead(nn.Module):
    """Enlarge the coarsest branch eightfold by three deconvolutions, then score every keypoint.

    Args:
        channels: of the branch, a thirty-second of the image.
        filters: of each deconvolution; the published networks have 256.
        num_keypoints: K.

    Shapes:
        features: branches, of which the last, (B, C, h / 8, w / 8), is read.
        returns:  (B, K, h, w), unbounded; a target peaks at 1.

    Source: Xiao et al. 2018, section 2, with the official `pose_resnet` names of the layers.
    """

    STEPS = 3

    def __init__(self, channels: int, filters: int, num_keypoints: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs in (channels, *[filters] * (self.STEPS - 1)):
            doubled = nn.ConvTranspose2d(inputs, filters, 4, stride=2, padding=1, bias=False)
            layers += [doubled, nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
        self.deconv_layers = nn.Sequential(*layers)
        self.score = nn.Conv2d(filters, num_keypoints, kernel_size=1)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        scores: Tensor = self.score(self.deconv_layers(features[-1]))
        return scores
