"""A training step in PyTorch: forward, cross-entropy, backward, SGD with Nesterov's momentum, in NCHW or channels_last."""

import torch
import torch.nn.functional as F

from torch_nets import NETS

FORMATS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
MEAN, DEVIATION = 0.5, 0.25


class Training:
    """Steps on one fixed batch. Raises ValueError where the net does not have as many parameters as the request says."""

    def __init__(self, net, form, classes, size, batch, parameters):
        self.format = FORMATS[form]
        self.net = NETS[net](classes).train().to(memory_format=self.format)
        learnt = list(self.net.parameters())
        count = sum(p.numel() for p in learnt)
        if count != parameters:
            raise ValueError(f"{net} has {count} parameters here, {parameters} there: not the same net")
        decayed, spared = [p for p in learnt if p.dim() > 1], [p for p in learnt if p.dim() == 1]
        groups = [{"params": decayed, "weight_decay": 1e-4}, {"params": spared}]
        self.sgd = torch.optim.SGD(groups, lr=0.01, momentum=0.9, nesterov=True)
        self.images = torch.randint(0, 256, (batch, size, size, 3), dtype=torch.uint8)
        self.labels = torch.randint(0, classes, (batch,))

    def step(self):
        self.sgd.zero_grad(set_to_none=True)
        x = self.images.permute(0, 3, 1, 2).to(torch.float32, memory_format=self.format)
        x = x.sub_(255 * MEAN).div_(255 * DEVIATION)
        loss = F.cross_entropy(self.net(x)["logits"], self.labels)
        loss.backward()
        self.sgd.step()
        return loss.item()
