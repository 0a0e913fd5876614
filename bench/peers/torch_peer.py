"""The benchmark's work in PyTorch: ResNet-18's input gradient, and Lucid-style steps as Lucent does them.

Reads one JSON request a line ({"task", "size", "batch", "layer"}), does the work once and answers {"ms"}. The first line
out is {"about"}; {"task": "peak"} answers {"peak"}, in MB. Needs torch alone. Usage: torch_peer.py THREADS
"""

import json
import math
import random
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.past = None
        if inputs != channels:
            self.past = nn.Sequential(nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.past(x) if self.past else x))


class ResNet18(nn.Module):
    """Returns the activation of every named layer; like hooks, that computes the whole net whatever is asked for."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        widths = [64, 64, 128, 256, 512]
        self.blocks = nn.ModuleDict()
        for stage in range(1, 5):
            for i in range(2):
                inputs = widths[stage - 1] if i == 0 else widths[stage]
                self.blocks[f"layer{stage}_{i}"] = Block(inputs, widths[stage], 2 if i == 0 and stage > 1 else 1)
        self.fc = nn.Linear(512, 1000)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        seen = {}
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for name, block in self.blocks.items():
            x = block(x)
            seen[name.replace("_", ".")] = x
        seen["logits"] = self.fc(x.mean((2, 3)))
        return seen


COLOUR = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
COLOUR = COLOUR / COLOUR.norm(dim=0).max()
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class Lucid:
    """Fourier image with decorrelated colours; pad, jitter, scale, rotate, jitter; Adam at 0.05."""

    def __init__(self, net, size, layer):
        self.net, self.size, self.layer = net, size, layer
        fy = torch.fft.fftfreq(size).view(-1, 1)
        fx = torch.fft.rfftfreq(size).view(1, -1)
        frequency = torch.sqrt(fx**2 + fy**2).clamp(min=1 / size)
        self.scale = (size / frequency).view(1, 1, size, -1, 1)
        self.theta = (0.01 * torch.randn(1, 3, size, fx.shape[1], 2)).requires_grad_()
        self.adam = torch.optim.Adam([self.theta], lr=0.05)
        self.angles = list(range(-10, 11)) + 5 * [0]

    def image(self):
        spectrum = torch.view_as_complex(self.scale * self.theta)
        plain = torch.fft.irfft2(spectrum, s=(self.size, self.size), norm="ortho") / 4
        mixed = torch.einsum("nchw,dc->ndhw", plain, COLOUR)
        return torch.sigmoid(mixed)

    def transformed(self, x):
        x = jitter(F.pad(x, (12, 12, 12, 12), value=0.5), 8)
        zoom = 1 + (random.randrange(11) - 5) / 50
        x = F.interpolate(x, scale_factor=zoom, mode="bilinear", align_corners=False, recompute_scale_factor=False)
        angle = math.radians(random.choice(self.angles))
        turn = torch.tensor([[[math.cos(angle), -math.sin(angle), 0.0], [math.sin(angle), math.cos(angle), 0.0]]])
        grid = F.affine_grid(turn, list(x.shape), align_corners=False)
        x = jitter(F.grid_sample(x, grid, align_corners=False), 4)
        top, left = (x.shape[2] - self.size) // 2, (x.shape[3] - self.size) // 2
        return x[:, :, max(top, 0) : max(top, 0) + self.size, max(left, 0) : max(left, 0) + self.size]

    def step(self):
        self.adam.zero_grad()
        seen = self.net((self.transformed(self.image()) - MEAN) / DEVIATION)[self.layer]
        loss = -(seen[:, 3].mean() if seen.dim() == 2 else seen[:, 17].mean())
        loss.backward()
        self.adam.step()


def jitter(x, by):
    top, left = random.randrange(by), random.randrange(by)
    return x[:, :, top : x.shape[2] - by + top, left : x.shape[3] - by + left]


def forward(net, x):
    with torch.no_grad():
        net(x)


def gradient(net, x):
    x = x.detach().requires_grad_()
    net(x)["logits"][:, 3].sum().backward()


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    net = ResNet18().eval().requires_grad_(False)
    lucid = {}
    print(json.dumps({"about": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        task = request["task"]
        if task == "peak":
            print(json.dumps({"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)
            continue
        if task == "lucid":
            key = (request["size"], request["layer"])
            if key not in lucid:
                lucid[key] = Lucid(net, *key)
            work = lucid[key].step
        else:
            x = torch.randn(request["batch"], 3, request["size"], request["size"])
            work = (lambda: gradient(net, x)) if task == "gradient" else (lambda: forward(net, x))
        began = time.perf_counter()
        work()
        print(json.dumps({"ms": 1000 * (time.perf_counter() - began)}), flush=True)


main()
