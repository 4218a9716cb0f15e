"""The plain way to embed a folder, as the arm that grappa-cli is held against: Pillow and eager PyTorch, one loop.

Prints one JSON object. The model is the same weights, blocks and input size; it does not hash, make thumbnails or store.
"""
import argparse
import json
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from safetensors.torch import load_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from plain_vit import MEAN, STD, Backbone


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
            vectors.append(F.normalize(model(batch), dim=1))
    seconds = time.perf_counter() - start
    print(json.dumps({"images": len(paths), "seconds": seconds, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
