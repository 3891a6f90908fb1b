"""The residual linear network that lifts one frame's keypoints to joints.

Letters: B frames, K keypoints that go in, J joints that come out.
"""

from torch import Tensor, nn


class LinearLifter(nn.Module):
    """Lift a frame by fully connected layers of one width, two by two around a shortcut.

    Weights start as He et al. 2015 propose. What goes in and comes out is normalised, as by
    `data.pose_statistics`.

    Shapes: (B, 2 K) coordinates x, y, x, y, ... to (B, 3 J) coordinates x, y, z, x, y, z, ...

    Source: Martinez et al. 2017, section 3; parameter names are those of its PyTorch port, so
    that its checkpoints load unchanged.
    """

    def __init__(
        self,
        num_keypoints: int,
        num_joints: int,
        *,
        width: int = 1024,
        stages: int = 2,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.w1 = nn.Linear(2 * num_keypoints, width)
        self.batch_norm1 = nn.BatchNorm1d(width)
        self.linear_stages = nn.ModuleList(ResidualStage(width, dropout) for _ in range(stages))
        self.w2 = nn.Linear(width, 3 * num_joints)
        self.active = nn.Sequential(nn.ReLU(inplace=True), nn.Dropout(dropout))
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight)

    def forward(self, keypoints: Tensor) -> Tensor:
        x = self.active(self.batch_norm1(self.w1(keypoints)))
        for stage in self.linear_stages:
            x = stage(x)
        joints: Tensor = self.w2(x)
        return joints


class ResidualStage(nn.Module):
    """Two fully connected layers around which the input is carried.

    Shapes: (B, width) to the same.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.w1 = nn.Linear(width, width)
        self.batch_norm1 = nn.BatchNorm1d(width)
        self.w2 = nn.Linear(width, width)
        self.batch_norm2 = nn.BatchNorm1d(width)
        self.active = nn.Sequential(nn.ReLU(inplace=True), nn.Dropout(dropout))

    def forward(self, x: Tensor) -> Tensor:
        y = self.active(self.batch_norm1(self.w1(x)))
        y = self.active(self.batch_norm2(self.w2(y)))
        carried: Tensor = x + y
        return carried
