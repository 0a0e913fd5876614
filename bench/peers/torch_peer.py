"""The benchmark's work in PyTorch: ResNet-18's input gradient, Lucid-style steps as Lucent does them, training steps.

Reads one JSON request a line (`PeerTask` in peer.ts), does the work once and answers {"ms"}, or {"error"}. The first line
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

from torch_nets import NETS
from torch_train import Training

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


def peak():
    """Megabytes; the system counts in bytes on macOS, in kilobytes elsewhere."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


class Works:
    """The work behind each request; nets are made when they are first wanted, so that memory holds no others."""

    def __init__(self):
        self.made = {}

    def once(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def resnet18(self):
        return self.once("resnet18", lambda: NETS["resnet18"](1000).eval().requires_grad_(False))

    def of(self, task, **request):
        if task == "train":
            return self.once(tuple(request.values()), lambda: Training(**request)).step
        if task == "lucid":
            size, layer = request["size"], request["layer"]
            return self.once((size, layer), lambda: Lucid(self.resnet18(), size, layer)).step
        net = self.resnet18()
        x = torch.randn(request["batch"], 3, request["size"], request["size"])
        return (lambda: gradient(net, x)) if task == "gradient" else (lambda: forward(net, x))


def main():
    def answer(**reply):
        print(json.dumps(reply), flush=True)

    torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    works = Works()
    answer(about=f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    for line in sys.stdin:
        request = json.loads(line)
        if request["task"] == "peak":
            answer(peak=peak())
            continue
        try:
            work = works.of(**request)
            began = time.perf_counter()
            work()
            answer(ms=1000 * (time.perf_counter() - began))
        except Exception as error:
            answer(error=f"{type(error).__name__}: {error}")


main()
