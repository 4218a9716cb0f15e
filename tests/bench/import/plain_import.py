"""The plain way to embed a folder, as the arm that grappa-cli is held against: Pillow and eager PyTorch, one loop.

Prints one JSON object. The model is the same weights, blocks and input size; it does not hash, make thumbnails or store.
"""
import argparse
import json
import math
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from safetensors.torch import load_file

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


class Block(torch.nn.Module):
    def __init__(self, weights, prefix, heads):
        super().__init__()
        self.heads = heads
        for name, tensor in weights.items():
            if name.startswith(prefix):
                self.register_buffer(name[len(prefix):].replace(".", "_"), tensor)

    def forward(self, x):
        b, t, d = x.shape
        y = F.layer_norm(x, (d,), self.norm1_weight, self.norm1_bias, 1e-6)
        q, k, v = F.linear(y, self.attn_qkv_weight, self.attn_qkv_bias).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, d)
        x = x + F.linear(y, self.attn_proj_weight, self.attn_proj_bias) * self.ls1_gamma
        y = F.layer_norm(x, (d,), self.norm2_weight, self.norm2_bias, 1e-6)
        y = F.gelu(F.linear(y, self.mlp_fc1_weight, self.mlp_fc1_bias))
        return x + F.linear(y, self.mlp_fc2_weight, self.mlp_fc2_bias) * self.ls2_gamma


class Backbone(torch.nn.Module):
    def __init__(self, weights, size, heads=6):
        super().__init__()
        self.w = weights
        depth = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
        self.blocks = torch.nn.Sequential(*(Block(weights, f"blocks.{i}.", heads) for i in range(depth)))
        self.patch = weights["patch_embed.proj.weight"].shape[-1]
        pe = weights["pos_embed"]
        n, cells = math.isqrt(pe.shape[1] - 1), size // self.patch
        grid = pe[:, 1:].reshape(1, n, n, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(cells, cells), mode="bicubic", align_corners=False)
        self.position = torch.cat([pe[:, :1], grid.permute(0, 2, 3, 1).reshape(1, cells * cells, -1)], 1)

    def forward(self, images):
        x = F.conv2d(images, self.w["patch_embed.proj.weight"], self.w["patch_embed.proj.bias"], stride=self.patch)
        x = torch.cat([self.w["cls_token"].expand(len(x), -1, -1), x.flatten(2).transpose(1, 2)], 1) + self.position
        x = self.blocks(x)
        x = F.layer_norm(x, (x.shape[-1],), self.w["norm.weight"], self.w["norm.bias"], 1e-6)
        return F.normalize(x[:, 0], dim=1)


def load(path, size):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    scale = size * 8 / 7 / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    x, y = (image.width - size) // 2, (image.height - size) // 2
    pixels = np.asarray(image.crop((x, y, x + size, y + size)))
    return (torch.from_numpy(pixels.copy()).permute(2, 0, 1) / 255 - MEAN) / STD


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--input-size", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--batch", type=int, default=32)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = Backbone(load_file(arguments.weights), arguments.input_size).eval()

    start = time.perf_counter()
    paths = sorted(path for path in arguments.folder.rglob("*") if path.is_file())
    vectors = []
    with torch.inference_mode():
        for first in range(0, len(paths), arguments.batch):
            batch = torch.stack([load(path, arguments.input_size) for path in paths[first:first + arguments.batch]])
            vectors.append(model(batch))
    seconds = time.perf_counter() - start
    print(json.dumps({"images": len(paths), "seconds": seconds, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
