/** @file What the ONNX specification says of each operator's inputs and attributes, to hold the records against. */

import type { AttributeKind } from "../../src/graph/to-onnx.ts";

export interface Signature {
  /** Formal inputs, "?" behind optional and "*" behind variadic ones. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, { kind: AttributeKind; required: boolean; default?: unknown }>>;
}

const window = "auto_pad:string=NOTSET dilations:ints pads:ints strides:ints";
const convolution = `${window} kernel_shape:ints group:int=1`;
const pooling = `${window} kernel_shape:ints! ceil_mode:int=0`;
const reduction = "(data, axes?) keepdims:int=1 noop_with_empty_axes:int=0";
const argument = "(data) axis:int=0 keepdims:int=1 select_last_index:int=0";

/**
 * One line an operator, as of opset 21 (or the one that brought or took it): `name:kind=default`, "!" for attributes that
 * must be there. Attributes of kinds that fovea has no use for (strings and sparse tensors as constants) are left out.
 */
const text = `
Abs(X)
Acos(input)
Acosh(input)
Add(A, B)
And(A, B)
ArgMax${argument}
ArgMin${argument}
Asin(input)
Asinh(input)
Atan(input)
Atanh(input)
AveragePool(X) ${pooling} count_include_pad:int=0
BatchNormalization(X, scale, B, input_mean, input_var) epsilon:float=1e-5 momentum:float=0.9 training_mode:int=0
BitShift(X, Y) direction:string!
BitwiseAnd(A, B)
BitwiseNot(X)
BitwiseOr(A, B)
BitwiseXor(A, B)
Cast(input) to:int! saturate:int=1
CastLike(input, target_type) saturate:int=1
Ceil(X)
Celu(X) alpha:float=1
Clip(input, min?, max?)
Col2Im(input, image_shape, block_shape) dilations:ints pads:ints strides:ints
Compress(input, condition) axis:int
Concat(inputs*) axis:int!
Constant() value:tensor value_float:float value_floats:floats value_int:int value_ints:ints
ConstantOfShape(input) value:tensor=float32[1]
Conv(X, W, B?) ${convolution}
ConvInteger(x, w, x_zero_point?, w_zero_point?) ${convolution}
ConvTranspose(X, W, B?) ${convolution} output_padding:ints output_shape:ints
Cos(input)
Cosh(input)
CumSum(x, axis) exclusive:int=0 reverse:int=0
DepthToSpace(input) blocksize:int! mode:string=DCR
DequantizeLinear(x, x_scale, x_zero_point?) axis:int=1 block_size:int=0
Div(A, B)
Dropout(data, ratio?, training_mode?) seed:int
DynamicQuantizeLinear(x)
Einsum(Inputs*) equation:string!
Elu(X) alpha:float=1
Equal(A, B)
Erf(input)
Exp(input)
Expand(input, shape)
EyeLike(input) dtype:int k:int=0
Flatten(input) axis:int=1
Floor(X)
Gather(data, indices) axis:int=0
GatherElements(data, indices) axis:int=0
GatherND(data, indices) batch_dims:int=0
Gelu(X) approximate:string=none
Gemm(A, B, C?) alpha:float=1 beta:float=1 transA:int=0 transB:int=0
GlobalAveragePool(X)
GlobalLpPool(X) p:int=2
GlobalMaxPool(X)
Greater(A, B)
GreaterOrEqual(A, B)
GridSample(X, grid) align_corners:int=0 mode:string=linear padding_mode:string=zeros
GroupNormalization(X, scale, bias) epsilon:float=1e-5 num_groups:int! stash_type:int=1
HardSigmoid(X) alpha:float=0.2 beta:float=0.5
HardSwish(X)
Hardmax(input) axis:int=-1
Identity(input)
InstanceNormalization(input, scale, B) epsilon:float=1e-5
IsInf(X) detect_negative:int=1 detect_positive:int=1
IsNaN(X)
LRN(X) alpha:float=0.0001 beta:float=0.75 bias:float=1 size:int!
LayerNormalization(X, Scale, B?) axis:int=-1 epsilon:float=1e-5 stash_type:int=1
LeakyRelu(X) alpha:float=0.01
Less(A, B)
LessOrEqual(A, B)
Log(input)
LogSoftmax(input) axis:int=-1
LpNormalization(input) axis:int=-1 p:int=2
LpPool(X) ${pooling} p:int=2
MatMul(A, B)
MatMulInteger(A, B, a_zero_point?, b_zero_point?)
Max(data_0*)
MaxPool(X) ${pooling} storage_order:int=0
Mean(data_0*)
MeanVarianceNormalization(X) axes:ints=[0,2,3]
Min(data_0*)
Mish(X)
Mod(A, B) fmod:int=0
Mul(A, B)
Neg(X)
NonZero(X)
Not(X)
OneHot(indices, depth, values) axis:int=-1
Or(A, B)
PRelu(X, slope)
Pad(data, pads, constant_value?, axes?) mode:string=constant
Pow(X, Y)
QLinearConv(x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B?) ${convolution}
QLinearMatMul(a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point)
QuantizeLinear(x, y_scale, y_zero_point?) axis:int=1 block_size:int=0 output_dtype:int=0 saturate:int=1
RMSNormalization(X, scale) axis:int=-1 epsilon:float=1e-5 stash_type:int=1
Range(start, limit, delta)
Reciprocal(X)
ReduceL1${reduction}
ReduceL2${reduction}
ReduceLogSum${reduction}
ReduceLogSumExp${reduction}
ReduceMax${reduction}
ReduceMean${reduction}
ReduceMin${reduction}
ReduceProd${reduction}
ReduceSum${reduction}
ReduceSumSquare${reduction}
Relu(X)
Reshape(data, shape) allowzero:int=0
Resize(X, roi?, scales?, sizes?) antialias:int=0 axes:ints coordinate_transformation_mode:string=half_pixel \
cubic_coeff_a:float=-0.75 exclude_outside:int=0 extrapolation_value:float=0 keep_aspect_ratio_policy:string=stretch \
mode:string=nearest nearest_mode:string=round_prefer_floor
ReverseSequence(input, sequence_lens) batch_axis:int=1 time_axis:int=0
Round(X)
Scatter(data, indices, updates) axis:int=0
ScatterElements(data, indices, updates) axis:int=0 reduction:string=none
ScatterND(data, indices, updates) reduction:string=none
Selu(X) alpha:float=1.67326319217681884765625 gamma:float=1.05070102214813232421875
Shape(data) start:int=0 end:int
Shrink(input) bias:float=0 lambd:float=0.5
Sigmoid(X)
Sign(input)
Sin(input)
Sinh(input)
Size(data)
Slice(data, starts, ends, axes?, steps?)
Softmax(input) axis:int=-1
Softplus(X)
Softsign(input)
SpaceToDepth(input) blocksize:int!
Split(input, split?) axis:int=0 num_outputs:int
Sqrt(X)
Squeeze(data, axes?)
Sub(A, B)
Sum(data_0*)
Swish(X) alpha:float=1
Tan(input)
Tanh(input)
ThresholdedRelu(X) alpha:float=1
Tile(input, repeats)
TopK(X, K) axis:int=-1 largest:int=1 sorted:int=1
Transpose(data) perm:ints
Trilu(input, k?) upper:int=1
Unsqueeze(data, axes)
Upsample(X, scales) mode:string=nearest
Where(condition, X, Y)
Xor(A, B)
`;

/** Signatures by operator name. */
export const specification: ReadonlyMap<string, Signature> = new Map(
  text
    .trim()
    .split("\n")
    .map((line) => {
      const [, name = "", inputs = "", attributes = ""] = /^(\w+)\((.*?)\)(.*)$/.exec(line) ?? [];
      return [name, { inputs: inputs ? inputs.split(", ") : [], attributes: parseAttributes(attributes) }];
    }),
);

function parseAttributes(list: string): Signature["attributes"] {
  const entries = list.trim().matchAll(/(\w+):(\w+)(!?)(?:=(\S+))?/g);
  return Object.fromEntries(
    [...entries].map(([, name = "", kind = "", required, value]) => [
      name,
      {
        kind: kind as AttributeKind,
        required: required === "!",
        ...(value !== undefined && { default: /^[-\d[]/.test(value) ? JSON.parse(value) : value }),
      },
    ]),
  );
}
