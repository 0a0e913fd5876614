"""Pictures that PyTorch makes for bench/quality: Lucent's pipeline for a unit, Adam on pixels for the code of a photo.

Reads one JSON request a line (`QualityTask` in quality/peer.ts) and answers with one, {"error"} where it fails. The first
line out is {"about"}. Pictures travel as .npy files. Needs torch and NumPy. Usage: torch_quality.py THREADS
"""

import json
import random
import sys
import time

import numpy as np
import torch

import torch_graph
from torch_lucid import Lucid


class Inversion:
    """Adam on pixels in 0…1: C · the squared error of the code, relative, + the total variation of IJCV 2016."""

    def __init__(self, code, photo, mean, rate, weight):
        self.code, self.weight = code, weight
        with torch.no_grad():
            self.target = code(photo)
        self.norm = self.target.square().sum()
        # The same start as the preset `natural`: uniform noise about the net's mean colour.
        noise = torch.rand_like(photo) * 2 - 1
        self.x = (torch.tensor(mean).view(1, -1, 1, 1) + noise * (80 / 3**0.5 / 0.95 / 255)).requires_grad_()
        self.adam = torch.optim.Adam([self.x], lr=rate)

    def image(self):
        return self.x

    def variation(self):
        x = self.x * (255 * 6.5 / 80)
        down, right = x[:, :, 1:] - x[:, :, :-1], x[:, :, :, 1:] - x[:, :, :, :-1]
        return (down.square().sum() + right.square().sum()) / (x.shape[2] * x.shape[3])

    def step(self):
        self.adam.zero_grad()
        error = (self.code(self.x) - self.target).square().sum() / self.norm
        (self.weight * error + self.variation()).backward()
        self.adam.step()
        with torch.no_grad():
            self.x.clamp_(0, 1)


class Pictures:
    """Pictures under way, made by the step, all of one net."""

    def __init__(self):
        self.graph, self.current = None, {}

    def net(self, file, size):
        self.graph = torch_graph.load(file)
        # The first run of everything is slow.
        x = torch.rand(1, 3, size, size, requires_grad=True)
        sum(y.sum() for y in self.run(x, self.graph.outputs).values()).backward()
        return {}

    def run(self, x, outputs):
        return self.graph.run({self.graph.inputs[0]: x}, outputs)

    def maximize(self, key, output, channel, size, seed):
        """As Lucent's hooks do, the whole net runs forward, whatever the layer."""
        seeded(seed)
        outputs = self.graph.outputs
        self.current[key] = Lucid(lambda x: self.run(x, outputs)[output][:, channel].mean(), size)
        return {}

    def invert(self, key, output, photo, mean, seed, rate, weight):
        """Here the net ends at the layer."""
        seeded(seed)
        x = torch.from_numpy(np.load(photo))[None]
        self.current[key] = Inversion(lambda x: self.run(x, [output])[output], x, mean, rate, weight)
        return {}

    def steps(self, key, most, milliseconds=None):
        """So many steps, or as many of them as begin within a time."""
        picture, began, done = self.current[key], time.perf_counter(), 0
        passed = 0.0
        while done < most and (milliseconds is None or passed < milliseconds):
            picture.step()
            done += 1
            passed = 1000 * (time.perf_counter() - began)
        return {"ms": passed, "steps": done}

    def picture(self, key, out):
        with torch.no_grad():
            np.save(out, self.current[key].image()[0].clamp(0, 1).numpy())
        return {}

    def end(self, key):
        del self.current[key]
        return {}


def seeded(seed):
    random.seed(seed)
    torch.manual_seed(seed)


def main():
    def answer(**reply):
        print(json.dumps(reply), flush=True)

    torch.set_num_threads(int(sys.argv[1]))
    torch.set_flush_denormal(True)
    pictures = Pictures()
    answer(about=f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer(**getattr(pictures, request.pop("task"))(**request))
        except Exception as error:
            answer(error=f"{type(error).__name__}: {error}")


main()
