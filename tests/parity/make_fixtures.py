#!/usr/bin/env python3
"""Writes tests/parity/data: small random Vision Transformers with inputs and the outputs of independent implementations.

Run once, with torch, transformers and safetensors from PyPI; the files are committed. Each holds a checkpoint under the
names its family uses (as the Hub stores them), and for three input sizes, the first of them the training grid:
`test.<n>.images` [B, 3, H, W] and `test.<n>.output`, the last hidden [class] token after the final LayerNorm.
Hugging Face models are run by `transformers`; the DINO-named one by the plain maths below, written from DINO's papers.
Weights are large enough that a wrong interpolation, norm, scale or head count shows.
"""
import math
import pathlib
import tempfile

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from transformers import (Dinov2Config, Dinov2Model, Dinov2WithRegistersConfig, Dinov2WithRegistersModel, ViTConfig,
                          ViTModel)

DATA = pathlib.Path(__file__).parent / "data"
SMALL = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=20, patch_size=4)


def randomise(tensors):
    """Values of a size at which every tensor matters to the output."""
    for name, tensor in tensors:
        if tensor.ndim >= 2:
            scale = 1.0 if tensor.ndim == 3 else 1.5 / math.sqrt(tensor[0].numel())
            tensor.copy_(torch.randn_like(tensor) * scale)
        elif name.endswith("bias"):
            tensor.copy_(torch.randn_like(tensor) * 0.3)
        else:  # norms and layer scales
            tensor.copy_(0.5 + torch.rand_like(tensor))


def save(name, weights, metadata, run):
    """`run` maps images to the [class] representation."""
    tensors = {key: value.contiguous() for key, value in weights.items()}
    for n, size in enumerate(((20, 20), (12, 12), (28, 16))):
        images = torch.randn(2, 3, *size)
        tensors[f"test.{n}.images"], tensors[f"test.{n}.output"] = images, run(images).contiguous()
    save_file(tensors, DATA / f"{name}.safetensors", metadata)


def hugging_face(name, model, **options):
    randomise(model.named_parameters())
    model.eval()
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        weights = load_file(pathlib.Path(folder) / "model.safetensors")
    save(name, weights, {"grappa.heads": "2"}, lambda images: model(images, **options).last_hidden_state[:, 0])


def dino(w, heads, images):
    """DINO's Vision Transformer, one image at a time and one head at a time."""
    patch, width = w["patch_embed.proj.weight"].shape[-1], w["cls_token"].shape[-1]
    norm = lambda name, x: F.layer_norm(x, (width,), w[name + ".weight"], w[name + ".bias"], 1e-6)
    linear = lambda name, x: x @ w[name + ".weight"].T + w.get(name + ".bias", 0)
    outputs = []
    for image in images:
        rows, cols = image.shape[1] // patch, image.shape[2] // patch
        patches = image.reshape(3, rows, patch, cols, patch).permute(1, 3, 0, 2, 4).reshape(rows * cols, -1)
        patches = patches @ w["patch_embed.proj.weight"].reshape(width, -1).T + w["patch_embed.proj.bias"]
        position = w["pos_embed"][0]
        n = math.isqrt(len(position) - 1)
        grid = position[1:].T.reshape(1, width, n, n)
        if (rows, cols) != (n, n):
            grid = F.interpolate(grid, scale_factor=((rows + 0.1) / n, (cols + 0.1) / n), mode="bicubic")
        assert grid.shape[2:] == (rows, cols)
        h = torch.cat([w["cls_token"][0] + position[:1], patches + grid.reshape(width, -1).T])
        for l in range(2):
            q, k, v = linear(f"blocks.{l}.attn.qkv", norm(f"blocks.{l}.norm1", h)).chunk(3, dim=1)
            mixed = []
            for head in zip(q.chunk(heads, 1), k.chunk(heads, 1), v.chunk(heads, 1)):
                mixed.append((head[0] @ head[1].T / math.sqrt(width / heads)).softmax(1) @ head[2])
            h = h + linear(f"blocks.{l}.attn.proj", torch.cat(mixed, 1))
            inner = linear(f"blocks.{l}.mlp.fc1", norm(f"blocks.{l}.norm2", h))
            h = h + linear(f"blocks.{l}.mlp.fc2", inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2))))
        outputs.append(norm("norm", h)[0])
    return torch.stack(outputs)


def dino_weights(width=32, hidden=64, patch=4, grid=5):
    shapes = {"cls_token": (1, 1, width), "pos_embed": (1, 1 + grid * grid, width),
              "patch_embed.proj.weight": (width, 3, patch, patch), "patch_embed.proj.bias": (width,)}
    for block in (f"blocks.{l}." for l in range(2)):
        for name, out, into in (("attn.qkv", 3 * width, width), ("attn.proj", width, width),
                                ("mlp.fc1", hidden, width), ("mlp.fc2", width, hidden)):
            shapes[block + name + ".weight"] = (out, into)
            if name != "attn.qkv":  # the one fixture without a bias here
                shapes[block + name + ".bias"] = (out,)
        for name in ("norm1", "norm2"):
            shapes[block + name + ".weight"] = shapes[block + name + ".bias"] = (width,)
    shapes["norm.weight"] = shapes["norm.bias"] = (width,)
    weights = {name: torch.empty(shape) for name, shape in shapes.items()}
    randomise(weights.items())
    return weights


@torch.no_grad()
def main():
    torch.manual_seed(20221023)
    DATA.mkdir(exist_ok=True)
    hugging_face("hf-vit", ViTModel(ViTConfig(**SMALL, intermediate_size=64)), interpolate_pos_encoding=True)
    hugging_face("hf-dinov2", Dinov2Model(Dinov2Config(**SMALL, mlp_ratio=2)))
    hugging_face("hf-dinov2-registers",
                 Dinov2WithRegistersModel(Dinov2WithRegistersConfig(**SMALL, mlp_ratio=2, num_register_tokens=3)))
    weights = dino_weights()
    save("dino", weights, {"grappa.heads": "2"}, lambda images: dino(weights, 2, images))


if __name__ == "__main__":
    main()
