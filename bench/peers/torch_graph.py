"""An ONNX graph run by PyTorch, node by node, from the file that torch-graph.ts writes. Needs torch alone.

    net = load("net.safetensors")      # a torch.nn.Module: pictures [N,C,H,W] in 0…1 -> the first output
    net.graph.run({"image": x}, ["layer2.0", "logits"])   # raw inputs by name -> the named values, with gradients
"""

import json
import math
import struct

import torch
import torch.nn.functional as F

DTYPES = {
    "float32": torch.float32, "float64": torch.float64, "float16": torch.float16, "uint8": torch.uint8,
    "int8": torch.int8, "int16": torch.int16, "int32": torch.int32, "int64": torch.int64, "bool": torch.bool,
}
STORED = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "U8": torch.uint8}
ONNX_TYPES = {1: torch.float32, 2: torch.uint8, 3: torch.int8, 5: torch.int16, 6: torch.int32, 7: torch.int64,
              9: torch.bool, 10: torch.float16, 11: torch.float64}


def read(path):
    """The JSON of the file, and its tensors by name."""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    text = json.loads(header.pop("__metadata__")["fovea"])
    tensors = {name: spelt(t) for name, t in text.get("constants", {}).items()}
    for name, entry in header.items():
        low, high = entry["data_offsets"]
        part = bytearray(data[start + low : start + high])
        dtype = STORED[entry["dtype"]]
        flat = torch.frombuffer(part, dtype=dtype) if part else torch.empty(0, dtype=dtype)
        tensors[name] = flat.reshape(entry["shape"])
    return text, tensors


def spelt(t):
    return torch.tensor(t["values"], dtype=DTYPES[t["dtype"]]).reshape(t["dims"])


def ints(x):
    return [int(v) for v in (x.reshape(-1).tolist() if isinstance(x, torch.Tensor) else x)]


class Call:
    """One node's inputs and attributes, under their ONNX names and places."""

    def __init__(self, node, inputs, attributes):
        self.node, self.inputs, self.attributes = node, inputs, attributes

    def x(self, i=0):
        return self.inputs[i] if i < len(self.inputs) else None

    def get(self, key, default=None):
        return self.attributes.get(key, default)

    def ints(self, key, i=None, default=None):
        """An attribute of older opsets, or the input that newer ones have in its place."""
        value = self.x(i) if i is not None and self.x(i) is not None else self.get(key, default)
        return None if value is None else ints(value)

    def number(self, key, i, default):
        value = self.x(i) if self.x(i) is not None else self.get(key, default)
        return float(value) if value is not None else None


def padding(call, window, strides, dilations, size):
    """Begin and end of each axis."""
    rank = len(window)
    mode = call.get("auto_pad", "NOTSET")
    if mode in ("NOTSET", ""):
        pads = call.get("pads", [0] * 2 * rank)
        return list(zip(pads[:rank], pads[rank:]))
    if mode == "VALID":
        return [(0, 0)] * rank
    pairs = []
    for k, s, d, n in zip(window, strides, dilations, size):
        total = max(0, (math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n)
        small, large = total // 2, total - total // 2
        pairs.append((small, large) if mode == "SAME_UPPER" else (large, small))
    return pairs


def padded(x, pairs, value=0.0, mode="constant"):
    flat = [p for pair in reversed(pairs) for p in pair]
    if not any(flat):
        return x
    return F.pad(x, flat, mode=mode, **({"value": value} if mode == "constant" else {}))


def conv(call):
    x, w, b = call.x(), call.x(1), call.x(2)
    rank = w.dim() - 2
    strides, dilations = call.get("strides", [1] * rank), call.get("dilations", [1] * rank)
    pairs = padding(call, w.shape[2:], strides, dilations, x.shape[2:])
    if all(a == b for a, b in pairs):
        pads, x = [a for a, _ in pairs], x
    else:
        pads, x = [0] * rank, padded(x, pairs)
    run = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[rank]
    return run(x, w, b, strides, pads, dilations, call.get("group", 1))


def pool(call):
    x = call.x()
    window = call.get("kernel_shape")
    rank = len(window)
    strides, dilations = call.get("strides", [1] * rank), call.get("dilations", [1] * rank)
    pairs = padding(call, window, strides, dilations, x.shape[2:])
    ceil = bool(call.get("ceil_mode", 0))
    if call.node["op"] == "MaxPool":
        return F.max_pool2d(padded(x, pairs, -math.inf), window, strides, 0, dilations, ceil)
    if all(a == b for a, b in pairs) and dilations == [1] * rank:
        pads = [a for a, _ in pairs]
        return F.avg_pool2d(x, window, strides, pads, ceil, bool(call.get("count_include_pad", 0)))
    ones = F.avg_pool2d(padded(torch.ones_like(x[:1, :1]), pairs), window, strides, 0, ceil)
    mean = F.avg_pool2d(padded(x, pairs), window, strides, 0, ceil)
    return mean if call.get("count_include_pad", 0) else mean / ones


def batch_norm(call):
    x, scale, bias, mean, variance = call.inputs[:5]
    return F.batch_norm(x, mean, variance, scale, bias, False, 0.0, call.get("epsilon", 1e-5))


def gemm(call):
    a, b, c = call.x(), call.x(1), call.x(2)
    a = a.t() if call.get("transA", 0) else a
    b = b.t() if call.get("transB", 0) else b
    y = call.get("alpha", 1.0) * (a @ b)
    return y if c is None else y + call.get("beta", 1.0) * c


def reduce(how):
    def run(call):
        x = call.x()
        axes = call.ints("axes", 1) or ([] if call.get("noop_with_empty_axes", 0) else list(range(x.dim())))
        return how(x, axes, bool(call.get("keepdims", 1))) if axes else x

    return run


def flatten(call):
    x, axis = call.x(), call.get("axis", 1)
    return x.reshape(math.prod(x.shape[:axis]), -1)


def reshape(call):
    x, shape = call.x(), call.ints("shape", 1)
    if not call.get("allowzero", 0):
        shape = [x.shape[i] if d == 0 else d for i, d in enumerate(shape)]
    return x.reshape(shape)


def slice_(call):
    x = call.x()
    starts, ends = call.ints("starts", 1), call.ints("ends", 2)
    axes = call.ints("axes", 3, range(len(starts)))
    steps = call.ints("steps", 4, [1] * len(starts))
    for start, end, axis, step in zip(starts, ends, axes, steps):
        picked = range(x.shape[axis])[start:end:step] if end > -(2**31) else range(x.shape[axis])[start::step]
        if step > 0:
            at = [slice(None)] * x.dim()
            at[axis] = slice(picked.start, picked.stop, step)
            x = x[tuple(at)]
        else:
            x = x.index_select(axis, torch.tensor(list(picked), dtype=torch.long))
    return x


def pad(call):
    x, pads = call.x(), call.ints("pads", 1)
    axes = call.ints("axes", 3, range(x.dim()))
    pairs = [(0, 0)] * x.dim()
    for i, axis in enumerate(axes):
        pairs[axis] = (pads[i], pads[i + len(pads) // 2])
    mode = call.get("mode", "constant")
    if mode == "constant":
        return padded(x, pairs, call.number("value", 2, 0.0))
    # Only constants can be put around all axes: the first two stay as they are.
    if any(pair != (0, 0) for pair in pairs[:-2]):
        raise NotImplementedError(f"{call.node['name']}: {mode} Pad of other axes than height and width")
    pairs = pairs[-2:]
    return padded(x, pairs, mode={"reflect": "reflect", "edge": "replicate"}[mode])


def resize(call):
    x = call.x()
    scales = call.x(2) if len(call.inputs) > 2 else call.x(1)
    sizes = ints(call.x(3)) if call.x(3) is not None else None
    if not sizes:
        sizes = [math.floor(n * s) for n, s in zip(x.shape, scales.tolist())]
    mode, how = call.get("mode", "nearest"), call.get("coordinate_transformation_mode", "half_pixel")
    if mode == "nearest":
        # By whole factors all rules of rounding agree.
        if any(to % n for n, to in zip(x.shape, sizes)):
            raise NotImplementedError(f"{call.node['name']}: nearest Resize by a factor that is not whole")
        return F.interpolate(x, sizes[2:], mode="nearest")
    if how not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        raise NotImplementedError(f"{call.node['name']}: Resize with {how}")
    torch_mode = {"linear": "bilinear", "cubic": "bicubic"}[mode]
    return F.interpolate(x, sizes[2:], mode=torch_mode, align_corners=how == "align_corners")


def clip(call):
    low, high = call.number("min", 1, None), call.number("max", 2, None)
    return call.x() if low is None and high is None else call.x().clamp(low, high)


def squeeze(call):
    axes = call.ints("axes", 1)
    x = call.x()
    for axis in sorted((a % x.dim() for a in axes), reverse=True) if axes else []:
        x = x.squeeze(axis)
    return x if axes else x.squeeze()


def unsqueeze(call):
    x, axes = call.x(), call.ints("axes", 1)
    for axis in sorted(a % (x.dim() + len(axes)) for a in axes):
        x = x.unsqueeze(axis)
    return x


def gather(call):
    x, at, axis = call.x(), call.x(1).long(), call.get("axis", 0)
    at = torch.where(at < 0, at + x.shape[axis], at)
    picked = x.index_select(axis, at.reshape(-1))
    axis %= x.dim()
    return picked.reshape(*x.shape[:axis], *at.shape, *x.shape[axis + 1 :])


def split(call):
    x, axis = call.x(), call.get("axis", 0)
    sizes = call.ints("split", 1) or [x.shape[axis] // len(call.node["outputs"])] * len(call.node["outputs"])
    return torch.split(x, sizes, axis)


def constant(call):
    for key, value in call.attributes.items():
        if key == "value":
            return spelt(value["tensor"])
        if key.startswith("value_"):
            return torch.tensor(value, dtype=torch.int64 if "int" in key else torch.float32)
    raise NotImplementedError(f"{call.node['name']}: a Constant without a value")


def constant_of_shape(call):
    value = call.get("value")
    value = spelt(value["tensor"]) if value else torch.zeros(1)
    return value.reshape(-1)[0].expand(ints(call.x())).clone()


def extreme(how):
    def run(call):
        y = call.x()
        for other in call.inputs[1:]:
            y = how(y, other)
        return y

    return run


def divide(call):
    a, b = call.x(), call.x(1)
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


def softmax(how):
    # Before opset 13 all axes from `axis` on were taken together; for [N, K] that is the same.
    return lambda call: how(call.x(), call.get("axis", -1))


def lrn(call):
    x, size = call.x(), call.get("size")
    alpha, beta, bias = call.get("alpha", 1e-4), call.get("beta", 0.75), call.get("bias", 1.0)
    return F.local_response_norm(x, size, alpha, beta, bias)


def unary(how):
    return lambda call: how(call.x())


def binary(how):
    return lambda call: how(call.x(), call.x(1))


OPS = {
    "Conv": conv, "MaxPool": pool, "AveragePool": pool, "BatchNormalization": batch_norm, "Gemm": gemm,
    "GlobalAveragePool": unary(lambda x: x.mean((2, 3), keepdim=True)),
    "GlobalMaxPool": unary(lambda x: x.amax((2, 3), keepdim=True)),
    "ReduceMean": reduce(lambda x, axes, keep: x.mean(axes, keepdim=keep)),
    "ReduceSum": reduce(lambda x, axes, keep: x.sum(axes, keepdim=keep)),
    "ReduceMax": reduce(lambda x, axes, keep: x.amax(axes, keepdim=keep)),
    "ReduceMin": reduce(lambda x, axes, keep: x.amin(axes, keepdim=keep)),
    "ReduceL2": reduce(lambda x, axes, keep: x.square().sum(axes, keepdim=keep).sqrt()),
    "MatMul": binary(torch.matmul), "Add": binary(torch.add), "Sub": binary(torch.sub), "Mul": binary(torch.mul),
    "Div": divide, "Pow": binary(torch.pow), "Max": extreme(torch.maximum), "Min": extreme(torch.minimum),
    "Sum": extreme(torch.add), "Equal": binary(torch.eq), "Greater": binary(torch.gt), "Less": binary(torch.lt),
    "Where": lambda call: torch.where(call.x(), call.x(1), call.x(2)),
    "Relu": unary(F.relu), "Sigmoid": unary(torch.sigmoid), "Tanh": unary(torch.tanh), "Exp": unary(torch.exp),
    "Log": unary(torch.log), "Sqrt": unary(torch.sqrt), "Abs": unary(torch.abs), "Neg": unary(torch.neg),
    "Erf": unary(torch.erf), "Floor": unary(torch.floor), "Round": unary(torch.round), "Sin": unary(torch.sin),
    "Cos": unary(torch.cos), "Reciprocal": unary(torch.reciprocal), "Softplus": unary(F.softplus),
    "HardSwish": unary(F.hardswish), "Identity": unary(lambda x: x), "Dropout": unary(lambda x: x),
    "LeakyRelu": lambda call: F.leaky_relu(call.x(), call.get("alpha", 0.01)),
    "Elu": lambda call: F.elu(call.x(), call.get("alpha", 1.0)),
    "PRelu": lambda call: torch.where(call.x() < 0, call.x() * call.x(1), call.x()),
    "HardSigmoid": lambda call: (call.get("alpha", 0.2) * call.x() + call.get("beta", 0.5)).clamp(0, 1),
    "Gelu": lambda call: F.gelu(call.x(), approximate=call.get("approximate", "none")),
    "Clip": clip, "Flatten": flatten, "Reshape": reshape, "Slice": slice_, "Pad": pad, "Resize": resize,
    "Upsample": resize, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Gather": gather, "Split": split, "LRN": lrn,
    "Transpose": lambda call: call.x().permute(call.get("perm", list(reversed(range(call.x().dim()))))),
    "Concat": lambda call: torch.cat(call.inputs, call.get("axis")),
    "Expand": lambda call: call.x() * torch.ones(ints(call.x(1)), dtype=call.x().dtype),
    "Cast": lambda call: call.x().to(ONNX_TYPES[call.get("to")]),
    "Shape": lambda call: torch.tensor(list(call.x().shape), dtype=torch.int64),
    "Softmax": softmax(F.softmax), "LogSoftmax": softmax(F.log_softmax),
    "Constant": constant, "ConstantOfShape": constant_of_shape,
}


class Graph(torch.nn.Module):
    """Nodes and weights. What depends on weights alone is computed once, when the graph is loaded."""

    def __init__(self, text, tensors):
        super().__init__()
        missing = sorted({node["op"] for node in text["nodes"]} - OPS.keys())
        if missing:
            raise NotImplementedError(f"torch_graph.py has no operator {', '.join(missing)}")
        self.inputs, self.outputs = [v["name"] for v in text["inputs"]], text["outputs"]
        batch = (text["inputs"][0].get("shape") or [None])[0]
        self.batch = batch if isinstance(batch, int) else None
        self.constants, self.nodes = dict(tensors), []
        for node in text["nodes"]:
            if all(name is None or name in self.constants for name in node["inputs"]):
                self.compute(node, self.constants)
            else:
                self.nodes.append(node)

    @staticmethod
    def compute(node, values):
        inputs = [None if name is None else values[name] for name in node["inputs"]]
        out = OPS[node["op"]](Call(node, inputs, node["attributes"]))
        outs = out if isinstance(out, (tuple, list)) else [out]
        for name, y in zip(node["outputs"], outs):
            if name is not None:
                values[name] = y

    def run(self, inputs, wanted=None):
        """Inputs by name -> values by name; the graph's outputs by default. Only what they need is computed."""
        wanted = wanted or self.outputs
        values = {**self.constants, **inputs}
        for node in self.needed(wanted):
            self.compute(node, values)
        return {name: values[name] for name in wanted}

    def needed(self, wanted):
        want, kept = set(wanted), []
        for node in reversed(self.nodes):
            if want.intersection(node["outputs"]):
                kept.append(node)
                want.update(node["inputs"])
        return kept[::-1]

    def forward(self, x):
        """The first output. A file with a fixed batch is run as often as the pictures need; they must fill it."""
        parts = [x] if self.batch is None else x.split(self.batch)
        return torch.cat([self.run({self.inputs[0]: part})[self.outputs[0]] for part in parts])


class PictureNet(torch.nn.Module):
    """Pictures [N,C,H,W] in 0…1, RGB or grey -> the graph's first output, preprocessing included."""

    def __init__(self, graph, preprocessing):
        super().__init__()
        self.graph, self.how = graph, preprocessing
        low, high = preprocessing["range"]
        mean, std = (torch.tensor(preprocessing[key]).view(1, -1, 1, 1) for key in ("mean", "std"))
        self.scale, self.shift = (high - low) / std, (low - mean) / std

    def prepare(self, x):
        if self.how["colour"] == "BGR":
            x = x.flip(1)
        x = x * self.scale + self.shift
        return x.permute(0, 2, 3, 1) if self.how["layout"] == "NHWC" else x

    def forward(self, x):
        return self.graph(self.prepare(x))


def load(path):
    """A PictureNet where the file knows the preprocessing, else the bare Graph; in eval mode, weights fixed."""
    text, tensors = read(path)
    graph = Graph(text, tensors)
    net = PictureNet(graph, text["preprocessing"]) if text.get("preprocessing") else graph
    return net.eval()
