"""The peer's nets: ResNet-18 as torchvision has it, ResNet-20 for CIFAR with shortcuts that have no parameters."""

import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, channels, stride, projection):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride, self.more, self.past = stride, channels - inputs, None
        if self.more and projection:
            self.past = nn.Sequential(nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def shortcut(self, x):
        if self.past:
            return self.past(x)
        if not self.more:
            return x
        front = self.more // 2
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, front, self.more - front))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True)))
        y += self.shortcut(x)
        return F.relu(y, inplace=True)


class ResNet(nn.Module):
    """Returns the activation of every named layer; like hooks, that computes the whole net whatever is asked for."""

    def __init__(self, widths, depth, classes, small):
        super().__init__()
        self.small = small
        stem = {"kernel_size": 3, "padding": 1} if small else {"kernel_size": 7, "stride": 2, "padding": 3}
        self.conv1 = nn.Conv2d(3, widths[0], bias=False, **stem)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.blocks = nn.ModuleDict()
        inputs = widths[0]
        for stage, width in enumerate(widths, 1):
            for i in range(depth):
                stride = 2 if i == 0 and stage > 1 else 1
                self.blocks[f"layer{stage}_{i}"] = Block(inputs, width, stride, projection=not small)
                inputs = width
        self.fc = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        seen = {}
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = x if self.small else F.max_pool2d(x, 3, 2, 1)
        for name, block in self.blocks.items():
            x = block(x)
            seen[name.replace("_", ".")] = x
        seen["logits"] = self.fc(x.mean((2, 3)))
        return seen


NETS = {
    "resnet18": lambda classes: ResNet([64, 128, 256, 512], 2, classes, small=False),
    "resnet20": lambda classes: ResNet([16, 32, 64], 3, classes, small=True),
}
