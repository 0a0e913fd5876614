/** @file The ONNX messages (IR version 14) as one table, and the record types that follow from it. */

type Label = "repeated" | "packed";

/**
 * Message → field → [number, kind, label]. A kind is a scalar or the name of another message; `packed` marks the numeric
 * fields that are kept as typed arrays. Source: onnx.proto of ONNX 1.20.
 */
export const schema = {
  ModelProto: {
    ir_version: [1, "int64"],
    producer_name: [2, "string"],
    producer_version: [3, "string"],
    domain: [4, "string"],
    model_version: [5, "int64"],
    doc_string: [6, "string"],
    graph: [7, "GraphProto"],
    opset_import: [8, "OperatorSetIdProto", "repeated"],
    metadata_props: [14, "StringStringEntryProto", "repeated"],
    training_info: [20, "TrainingInfoProto", "repeated"],
    functions: [25, "FunctionProto", "repeated"],
    configuration: [26, "DeviceConfigurationProto", "repeated"],
  },
  GraphProto: {
    node: [1, "NodeProto", "repeated"],
    name: [2, "string"],
    initializer: [5, "TensorProto", "repeated"],
    doc_string: [10, "string"],
    input: [11, "ValueInfoProto", "repeated"],
    output: [12, "ValueInfoProto", "repeated"],
    value_info: [13, "ValueInfoProto", "repeated"],
    quantization_annotation: [14, "TensorAnnotation", "repeated"],
    sparse_initializer: [15, "SparseTensorProto", "repeated"],
    metadata_props: [16, "StringStringEntryProto", "repeated"],
  },
  NodeProto: {
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    name: [3, "string"],
    op_type: [4, "string"],
    attribute: [5, "AttributeProto", "repeated"],
    doc_string: [6, "string"],
    domain: [7, "string"],
    overload: [8, "string"],
    metadata_props: [9, "StringStringEntryProto", "repeated"],
    device_configurations: [10, "NodeDeviceConfigurationProto", "repeated"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    t: [5, "TensorProto"],
    g: [6, "GraphProto"],
    floats: [7, "float", "repeated"],
    ints: [8, "int64", "repeated"],
    strings: [9, "bytes", "repeated"],
    tensors: [10, "TensorProto", "repeated"],
    graphs: [11, "GraphProto", "repeated"],
    doc_string: [13, "string"],
    tp: [14, "TypeProto"],
    type_protos: [15, "TypeProto", "repeated"],
    type: [20, "int32"],
    ref_attr_name: [21, "string"],
    sparse_tensor: [22, "SparseTensorProto"],
    sparse_tensors: [23, "SparseTensorProto", "repeated"],
  },
  TensorProto: {
    dims: [1, "int64", "repeated"],
    data_type: [2, "int32"],
    segment: [3, "Segment"],
    float_data: [4, "float", "packed"],
    int32_data: [5, "int32", "packed"],
    string_data: [6, "bytes", "repeated"],
    int64_data: [7, "int64", "packed"],
    name: [8, "string"],
    raw_data: [9, "bytes"],
    double_data: [10, "double", "packed"],
    uint64_data: [11, "uint64", "packed"],
    doc_string: [12, "string"],
    external_data: [13, "StringStringEntryProto", "repeated"],
    data_location: [14, "int32"],
    metadata_props: [16, "StringStringEntryProto", "repeated"],
  },
  Segment: { begin: [1, "int64"], end: [2, "int64"] },
  SparseTensorProto: {
    values: [1, "TensorProto"],
    indices: [2, "TensorProto"],
    dims: [3, "int64", "repeated"],
  },
  ValueInfoProto: {
    name: [1, "string"],
    type: [2, "TypeProto"],
    doc_string: [3, "string"],
    metadata_props: [4, "StringStringEntryProto", "repeated"],
  },
  TypeProto: {
    tensor_type: [1, "TensorType"],
    sequence_type: [4, "ElementType"],
    map_type: [5, "MapType"],
    denotation: [6, "string"],
    opaque_type: [7, "OpaqueType"],
    sparse_tensor_type: [8, "TensorType"],
    optional_type: [9, "ElementType"],
  },
  TensorType: { elem_type: [1, "int32"], shape: [2, "TensorShapeProto"] },
  ElementType: { elem_type: [1, "TypeProto"] },
  MapType: { key_type: [1, "int32"], value_type: [2, "TypeProto"] },
  OpaqueType: { domain: [1, "string"], name: [2, "string"] },
  TensorShapeProto: { dim: [1, "Dimension", "repeated"] },
  Dimension: { dim_value: [1, "int64"], dim_param: [2, "string"], denotation: [3, "string"] },
  TensorAnnotation: {
    tensor_name: [1, "string"],
    quant_parameter_tensor_names: [2, "StringStringEntryProto", "repeated"],
  },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  StringStringEntryProto: { key: [1, "string"], value: [2, "string"] },
  FunctionProto: {
    name: [1, "string"],
    input: [4, "string", "repeated"],
    output: [5, "string", "repeated"],
    attribute: [6, "string", "repeated"],
    node: [7, "NodeProto", "repeated"],
    doc_string: [8, "string"],
    opset_import: [9, "OperatorSetIdProto", "repeated"],
    domain: [10, "string"],
    attribute_proto: [11, "AttributeProto", "repeated"],
    value_info: [12, "ValueInfoProto", "repeated"],
    overload: [13, "string"],
    metadata_props: [14, "StringStringEntryProto", "repeated"],
  },
  TrainingInfoProto: {
    initialization: [1, "GraphProto"],
    algorithm: [2, "GraphProto"],
    initialization_binding: [3, "StringStringEntryProto", "repeated"],
    update_binding: [4, "StringStringEntryProto", "repeated"],
  },
  DeviceConfigurationProto: { name: [1, "string"], num_devices: [2, "int32"], device: [3, "string", "repeated"] },
  NodeDeviceConfigurationProto: {
    configuration_id: [1, "string"],
    sharding_spec: [2, "ShardingSpecProto", "repeated"],
    pipeline_stage: [3, "int32"],
  },
  ShardingSpecProto: {
    tensor_name: [1, "string"],
    device: [2, "int64", "repeated"],
    index_to_device_group_map: [3, "IntIntListEntryProto", "repeated"],
    sharded_dim: [4, "ShardedDimProto", "repeated"],
  },
  IntIntListEntryProto: { key: [1, "int64"], value: [2, "int64", "repeated"] },
  ShardedDimProto: { axis: [1, "int64"], simple_sharding: [2, "SimpleShardedDimProto", "repeated"] },
  SimpleShardedDimProto: { dim_value: [1, "int64"], dim_param: [2, "string"], num_shards: [3, "int64"] },
} as const satisfies Record<string, Record<string, readonly [number, string, Label?]>>;

/** Scalar kinds as they stand in a record; an int64 is a bigint only beyond ±(2⁵³ − 1). */
export interface Scalars {
  int32: number;
  int64: number | bigint;
  uint64: bigint;
  float: number;
  double: number;
  string: string;
  bytes: Uint8Array;
}
export type Scalar = keyof Scalars;

/** Packed numeric kinds as they stand in a record. */
export interface PackedArrays {
  float: Float32Array;
  double: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
}
export type Packed = keyof PackedArrays;

type Schema = typeof schema;
export type MessageName = keyof Schema;

type ValueOf<K> = K extends Scalar ? Scalars[K] : K extends MessageName ? RecordOf<K> : never;
type FieldOf<F> = F extends readonly [number, infer K extends Packed, "packed"]
  ? PackedArrays[K]
  : F extends readonly [number, infer K, "repeated"]
    ? readonly ValueOf<K>[]
    : F extends readonly [number, infer K]
      ? ValueOf<K>
      : never;

/** A message as a plain record: only the fields that are set, and the bytes of fields that the table does not know. */
export type RecordOf<M extends MessageName> = {
  readonly [F in keyof Schema[M]]?: FieldOf<Schema[M][F]>;
} & { readonly unknown?: readonly Uint8Array[] };

export type ModelRecord = RecordOf<"ModelProto">;
export type GraphRecord = RecordOf<"GraphProto">;
export type NodeRecord = RecordOf<"NodeProto">;
export type AttributeRecord = RecordOf<"AttributeProto">;
export type TensorRecord = RecordOf<"TensorProto">;
export type ValueInfoRecord = RecordOf<"ValueInfoProto">;
export type TypeRecord = RecordOf<"TypeProto">;
export type FunctionRecord = RecordOf<"FunctionProto">;
