"""SimpleBaseline's heatmap head: a coarse map enlarged by learned steps."""

from collections.abc import Sequence

from torch import Tensor, nn

from hrbench.heads.keypoints import KeypointHead


class DeconvolutionHead(KeypointHead):
    """Enlarge the coarsest branch by deconvolutions that double it, then score every keypoint.

    Args:
        channels: of the branch.
        filters: of each deconvolution; the published networks have 256.
        num_keypoints: K.
        doublings: deconvolutions in a row; the published networks have 3.

    Shapes:
        features: branches, of which the last, (B, C, h / 2**doublings, w / 2**doublings), is read.
        returns:  (B, K, h, w), unbounded; a target peaks at 1.

    Source: Xiao et al. 2018, section 2, with the official `pose_resnet` names of the layers.
    """

    def __init__(self, channels: int, filters: int, num_keypoints: int, doublings: int = 3) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs in (channels, *[filters] * (doublings - 1)):
            doubled = nn.ConvTranspose2d(inputs, filters, 4, stride=2, padding=1, bias=False)
            layers += [doubled, nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
        self.deconv_layers = nn.Sequential(*layers)
        self.score = nn.Conv2d(filters, num_keypoints, kernel_size=1)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        scores: Tensor = self.score(self.deconv_layers(features[-1]))
        return scores
