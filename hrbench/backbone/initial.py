"""How the weights of convolutions are drawn before they are trained."""

from typing import Literal

from torch import nn

DEVIATION = 0.001  # in the official pose code
Initial = Literal["normal", "kaiming", "fan-out"]


def draw(module: nn.Module, initial: Initial) -> None:
    """Draw the weights of all convolutions of a module anew.

    normal: as the official pose code does, biases 0. kaiming: those without bias as He et al.
    2015 propose; from nothing that learns sooner. fan-out: all as they propose, biases as they
    are, as the official classification code does.
    """
    for layer in module.modules():
        if initial == "fan-out" and isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out")
        elif initial != "fan-out" and isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=DEVIATION)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
            elif initial == "kaiming":
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")
