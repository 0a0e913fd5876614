"""Lucent's pictures in our own words: Fourier coefficients with decorrelated colours, seen through random transforms.

Constants are those of Lucid's render_vis (Olah, Mordvintsev & Schubert, Distill 2017), which Lucent keeps.
"""

import math
import random

import torch
import torch.nn.functional as F

COLOUR = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
COLOUR = COLOUR / COLOUR.norm(dim=0).max()
ANGLES = list(range(-10, 11)) + 5 * [0]
PAD, GREY = 12, 0.5


class Lucid:
    """Fourier image with decorrelated colours; pad, jitter, scale, rotate, jitter; Adam at 0.05.

    `wants` maps pictures [1,3,size,size] in 0…1 to the number that is to be large.
    """

    def __init__(self, wants, size):
        self.wants, self.size = wants, size
        fy = torch.fft.fftfreq(size).view(-1, 1)
        fx = torch.fft.rfftfreq(size).view(1, -1)
        frequency = torch.sqrt(fx**2 + fy**2).clamp(min=1 / size)
        self.scale = (1 / frequency).view(1, 1, size, -1, 1)
        self.theta = (0.01 * torch.randn(1, 3, size, fx.shape[1], 2)).requires_grad_()
        self.adam = torch.optim.Adam([self.theta], lr=0.05)

    def image(self):
        spectrum = torch.view_as_complex(self.scale * self.theta)
        plain = torch.fft.irfft2(spectrum, s=(self.size, self.size), norm="ortho") / 4
        mixed = torch.einsum("nchw,dc->ndhw", plain, COLOUR)
        return torch.sigmoid(mixed)

    def transformed(self, x):
        x = jitter(F.pad(x, [PAD] * 4, value=GREY), 8)
        x = jitter(rotated(scaled(x, 1 + (random.randrange(11) - 5) / 50), random.choice(ANGLES)), 4)
        top, left = (x.shape[2] - self.size) // 2, (x.shape[3] - self.size) // 2
        return x[:, :, top : top + self.size, left : left + self.size]

    def step(self):
        self.adam.zero_grad()
        loss = -self.wants(self.transformed(self.image()))
        loss.backward()
        self.adam.step()


def jitter(x, by):
    top, left = random.randrange(by + 1), random.randrange(by + 1)
    return x[:, :, top : x.shape[2] - by + top, left : x.shape[3] - by + left]


def scaled(x, factor):
    """At least as large as before: what shrinks gets a black border."""
    height, width = x.shape[2:]
    sides = [math.ceil(factor * height), math.ceil(factor * width)]
    x = F.interpolate(x, size=sides, mode="bilinear", align_corners=False)
    around = [max(0, math.ceil((a - b) / 2)) for a, b in zip((height, width), sides)]
    return F.pad(x, [around[1], around[1], around[0], around[0]]) if any(around) else x


def rotated(x, degrees):
    angle = math.radians(degrees)
    turn = torch.tensor([[[math.cos(angle), -math.sin(angle), 0.0], [math.sin(angle), math.cos(angle), 0.0]]])
    return F.grid_sample(x, F.affine_grid(turn, list(x.shape), align_corners=False), align_corners=False)
