"""The benchmark's work in PyTorch: ResNet-18's input gradient, Lucid-style steps as Lucent does them, training steps.

Reads one JSON request a line (`PeerTask` in peer.ts), does the work once and answers {"ms"}, or {"error"}. The first line
out is {"about"}; {"task": "peak"} answers {"peak"}, in MB. Needs torch alone. Usage: torch_peer.py THREADS
"""

import json
import resource
import sys
import time

import torch

import torch_lucid as lucid
from torch_nets import NETS
from torch_train import Training

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class Lucid(lucid.Lucid):
    """Excites channel 17 of a layer, or class 3 of the logits."""

    def __init__(self, net, size, layer):
        def wants(x):
            seen = net((x - MEAN) / DEVIATION)[layer]
            return seen[:, 3].mean() if seen.dim() == 2 else seen[:, 17].mean()

        super().__init__(wants, size)


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
