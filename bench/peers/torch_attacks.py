"""PyTorch attacks of the same names on the same net and pictures. Needs torch, and torchattacks or foolbox or both.

Usage: torch_attacks.py NET PICTURES THREADS. NET is what torch-graph.ts writes; PICTURES a safetensors file of `images`
[N,C,H,W] in 0…1 with {"labels"} as its text. The first line out is {"about", "right"}: which pictures the net is right about.
Each line in is {"name", "norm", "eps", "steps", "restarts", "queries", "targets", "classes", "seed"}; each line out
{"stands", "sizes", "ms"}: which pictures are right untouched and after the attack, and how far each was changed until the net
was wrong (null where it was not, or was from the start), whatever eps; or {"error"}.
"""

import importlib
import json
import sys
import time

import torch

import torch_graph

BATCH = 50
# What rounding may add to a distance.
ROUNDING = 1e-6


def have(library):
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(library)
    except ImportError:
        return None


def of_torchattacks(ta, net, r):
    name, eps, steps, seed = r["name"], r["eps"], r["steps"], r["seed"]
    norm = {"linf": "Linf", "l2": "L2"}[r["norm"]]
    aimed = min(r["classes"], r["targets"] + 1)
    many = {"norm": norm, "eps": eps, "steps": steps, "n_restarts": r["restarts"], "seed": seed}
    flat = norm == "Linf"
    return {
        "fgsm": lambda: ta.FGSM(net, eps=eps) if flat else None,
        "pgd": lambda: (ta.PGD if flat else ta.PGDL2)(net, eps=eps, alpha=2.5 * eps / steps, steps=steps, random_start=True),
        "mi-fgsm": lambda: ta.MIFGSM(net, eps=eps, alpha=eps / steps, steps=steps, decay=1.0) if flat else None,
        "apgd-ce": lambda: ta.APGD(net, loss="ce", **many),
        "apgd-dlr": lambda: ta.APGD(net, loss="dlr", **many),
        "apgd-t": lambda: ta.APGDT(net, n_classes=aimed, **many),
        "fab-t": lambda: ta.FAB(net, multi_targeted=True, n_classes=aimed, **many),
        "square": lambda: ta.Square(net, norm=norm, eps=eps, n_queries=r["queries"], n_restarts=1, seed=seed, loss="margin"),
    }


def of_foolbox(fb, net, r):
    """Attacks for the smallest change, with the other constants that fovea has too."""
    steps, flat = r["steps"], r["norm"] == "linf"
    aimed = min(r["classes"], r["targets"] + 1)
    model = fb.PyTorchModel(net, bounds=(0, 1), device="cpu")

    def runs(attack, batch=BATCH):
        def run(x, y):
            return torch.cat([attack.run(model, *part) for part in zip(x.split(batch), y.split(batch))])

        return run

    at = fb.attacks
    deep = at.LinfDeepFoolAttack if flat else at.L2DeepFoolAttack
    return {
        "deepfool": lambda: runs(deep(steps=steps, candidates=aimed, overshoot=0.02)),
        "cw": lambda: None if flat else runs(at.L2CarliniWagnerAttack(9, steps, 0.01, 0, 1e-3)),
        # In L2 it divides the direction by the length of the whole batch's: one picture at a time is the published rule.
        "hop-skip-jump": lambda: runs(at.HopSkipJumpAttack(steps=steps, constraint=r["norm"]), BATCH if flat else 1),
    }


LIBRARIES = {"torchattacks": of_torchattacks, "foolbox": of_foolbox}


def make(net, r):
    """The attack of that name: pictures and labels -> changed pictures."""
    missing = []
    for library, makers in LIBRARIES.items():
        module = have(library)
        if module is None:
            missing.append(f", {library} is not installed")
            continue
        attack = makers(module, net, r).get(r["name"], lambda: None)()
        if attack is None:
            continue
        if library == "torchattacks":
            attack.set_device(torch.device("cpu"))
        return attack
    raise NotImplementedError(f"no {r['name']} in {r['norm']}{''.join(missing)}")


def distances(adversarial, images, r):
    change = (adversarial - images).flatten(1)
    return change.abs().amax(1) if r["norm"] == "linf" else change.norm(dim=1)


def answers(net, images):
    with torch.no_grad():
        return torch.cat([net(part).flatten(1).argmax(1) for part in images.split(BATCH)])


def attacked(net, images, labels, right, r):
    """Pictures that stand, and sizes; restarts of plain PGD are run one after another on what stands."""
    stands, sizes = right.clone(), torch.full((len(images),), torch.inf)
    for restart in range(r["restarts"] if r["name"] == "pgd" else 1):
        torch.manual_seed(r["seed"] + restart)
        attack = make(net, {**r, "seed": r["seed"] + restart})
        for at in stands.nonzero().flatten().split(BATCH):
            x, y = images[at], labels[at]
            there = attack(x, y).detach().clamp(0, 1)
            wrong, size = answers(net, there) != y, distances(there, x, r)
            stands[at] = ~(wrong & (size <= r["eps"] + ROUNDING))
            sizes[at] = torch.where(wrong, size, torch.inf)
    return {"stands": stands.tolist(), "sizes": [s if s < torch.inf else None for s in sizes.tolist()]}


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
    found = [f"{library} {module.__version__}" for library in LIBRARIES if (module := have(library))]
    if not found:
        answer(error=f"none of {', '.join(LIBRARIES)} can be imported")
        return
    net = Rows(torch_graph.load(sys.argv[1])).eval()
    text, tensors = torch_graph.read(sys.argv[2])
    images, labels = tensors["images"], torch.tensor(text["labels"])
    right = answers(net, images) == labels
    answer(about=", ".join([f"PyTorch {torch.__version__}", *found]), right=right.tolist())
    for line in sys.stdin:
        try:
            began = time.perf_counter()
            reply = attacked(net, images, labels, right, json.loads(line))
            answer(**reply, ms=1000 * (time.perf_counter() - began))
        except Exception as error:
            answer(error=f"{type(error).__name__}: {error}")


main()
