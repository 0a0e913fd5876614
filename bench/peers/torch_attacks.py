"""PyTorch attacks of the same names on the same net and pictures. Needs torch and torchattacks.

Usage: torch_attacks.py NET PICTURES THREADS. NET is what torch-graph.ts writes; PICTURES a safetensors file of `images`
[N,C,H,W] in 0…1 with {"labels"} as its text. The first line out is {"about", "right"}: which pictures the net is right about.
Each line in is {"name", "norm", "eps", "steps", "restarts", "queries", "targets", "classes", "seed"}; each line out
{"stands", "ms"}: which pictures are right untouched and after the attack, or {"error"}.
"""

import json
import sys
import time

import torch

import torch_graph

BATCH = 50
# What rounding may add to a distance.
ROUNDING = 1e-6


def make(net, r):
    """The attack of that name; None where torchattacks has none in the norm."""
    import torchattacks as ta

    name, eps, steps, seed = r["name"], r["eps"], r["steps"], r["seed"]
    norm = {"linf": "Linf", "l2": "L2"}[r["norm"]]
    aimed = min(r["classes"], r["targets"] + 1)
    many = {"norm": norm, "eps": eps, "steps": steps, "n_restarts": r["restarts"], "seed": seed}
    flat = norm == "Linf"
    makers = {
        "fgsm": lambda: ta.FGSM(net, eps=eps) if flat else None,
        "pgd": lambda: (ta.PGD if flat else ta.PGDL2)(net, eps=eps, alpha=2.5 * eps / steps, steps=steps, random_start=True),
        "mi-fgsm": lambda: ta.MIFGSM(net, eps=eps, alpha=eps / steps, steps=steps, decay=1.0) if flat else None,
        "apgd-ce": lambda: ta.APGD(net, loss="ce", **many),
        "apgd-dlr": lambda: ta.APGD(net, loss="dlr", **many),
        "apgd-t": lambda: ta.APGDT(net, n_classes=aimed, **many),
        "fab-t": lambda: ta.FAB(net, multi_targeted=True, n_classes=aimed, **many),
        "square": lambda: ta.Square(net, norm=norm, eps=eps, n_queries=r["queries"], n_restarts=1, seed=seed, loss="margin"),
    }
    if name not in makers:
        return None
    attack = makers[name]()
    if attack is not None:
        attack.set_device(torch.device("cpu"))
    return attack


def within(adversarial, images, r):
    change = (adversarial - images).flatten(1)
    size = change.abs().amax(1) if r["norm"] == "linf" else change.norm(dim=1)
    return size <= r["eps"] + ROUNDING


def answers(net, images):
    with torch.no_grad():
        return torch.cat([net(part).flatten(1).argmax(1) for part in images.split(BATCH)])


def attacked(net, images, labels, right, r):
    """Pictures that stand; restarts of plain PGD are run one after another on what stands."""
    stands = right.clone()
    for restart in range(r["restarts"] if r["name"] == "pgd" else 1):
        torch.manual_seed(r["seed"] + restart)
        attack = make(net, {**r, "seed": r["seed"] + restart})
        if attack is None:
            raise NotImplementedError(f"torchattacks has no {r['name']} in {r['norm']}")
        for at in stands.nonzero().flatten().split(BATCH):
            x, y = images[at], labels[at]
            there = attack(x, y).detach().clamp(0, 1)
            stands[at] = ~((answers(net, there) != y) & within(there, x, r))
    return stands


class Rows(torch.nn.Module):
    """The net's answers as [N, classes]."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x).flatten(1)


def main():
    def answer(**reply):
        print(json.dumps(reply), file=out, flush=True)

    # The library prints words of its own.
    out, sys.stdout = sys.stdout, sys.stderr
    torch.set_num_threads(int(sys.argv[3]))
    try:
        import torchattacks
    except ImportError as error:
        answer(error=f"torchattacks cannot be imported: {error}")
        return
    net = Rows(torch_graph.load(sys.argv[1])).eval()
    text, tensors = torch_graph.read(sys.argv[2])
    images, labels = tensors["images"], torch.tensor(text["labels"])
    right = answers(net, images) == labels
    answer(about=f"PyTorch {torch.__version__}, torchattacks {torchattacks.__version__}", right=right.tolist())
    for line in sys.stdin:
        try:
            began = time.perf_counter()
            stands = attacked(net, images, labels, right, json.loads(line))
            answer(stands=stands.tolist(), ms=1000 * (time.perf_counter() - began))
        except Exception as error:
            answer(error=f"{type(error).__name__}: {error}")


main()
