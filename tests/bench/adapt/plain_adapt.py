"""The plain way to train the adaptor sets of an adaptation, as the arm that `grappa-cli adapt` is held against.

Eager PyTorch, one set after the other, the same recipe, blocks and number of steps (core/training/adaptor_training.h).
What it leaves out is what grappa-cli adds: every step decodes its images and runs all blocks, the last one in full. It
learns the sets alone: no fusion, no report, nothing is stored. Prints one JSON object.

With --measure-steps N each set runs N steps after one that does not count, and the rest is scaled up: all steps cost the
same. The printed object says so.
"""
import argparse
import json
import math
import pathlib
import sys
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from plain_vit import MEAN, STD, Backbone

TAU, BOTTLENECK, BATCH, NEIGHBOURS, HEAD_POWER, HELD_OUT = 0.05, 64, 64, 10, 0.5, 0.05


def read(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def to_tensor(pixels):
    return (torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1) / 255 - MEAN) / STD


def evaluation_crop(path, size):
    image = read(path)
    scale = size * 8 / 7 / min(image.shape[:2])
    width, height = (round(length * scale) for length in image.shape[1::-1])
    image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    x, y = (width - size) // 2, (height - size) // 2
    return to_tensor(image[y:y + size, x:x + size])


def training_view(path, size, random):
    """Random resized crop, flip, brightness, contrast, saturation."""
    image = read(path)
    rows, cols = image.shape[:2]
    for _ in range(10):
        area, ratio = rows * cols * random.uniform(0.4, 1), math.exp(random.uniform(-1, 1) * math.log(4 / 3))
        width, height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if width <= cols and height <= rows:
            break
    else:
        width, height = min(cols, round(rows * 4 / 3)), min(rows, round(cols * 4 / 3))
    x, y = random.integers(cols - width + 1), random.integers(rows - height + 1)
    image = cv2.resize(image[y:y + height, x:x + width], (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    if random.random() < 0.5:
        image = image[:, ::-1]
    brightness, contrast, saturation = random.uniform(0.7, 1.3, 3)
    grey = np.array([0.299, 0.587, 0.114], np.float32)
    image = np.clip(image * brightness, 0, 255)
    mean = (image @ grey).mean()
    image = np.clip(mean + contrast * (image - mean), 0, 255)
    own = (image @ grey)[..., None]
    return to_tensor(np.clip(own + saturation * (image - own), 0, 255).astype(np.uint8))


def fit_whitening(z, power):
    z = F.normalize(z, dim=1).double()
    mean = z.mean(0)
    variances, basis = torch.linalg.eigh((z - mean).T @ (z - mean) / (len(z) - 1))
    smooth = 0.95 * variances + 0.05 * variances.mean()
    return mean.float(), (basis * smooth ** (-power / 2)).float()


def whiten(z, whitening):
    mean, matrix = whitening
    return F.normalize((F.normalize(z, dim=1) - mean) @ matrix, dim=1)


def smoothed(points, count):
    similarity = points @ points.T
    similarity.fill_diagonal_(-2)
    near = similarity.topk(count, dim=1).indices
    return F.normalize(points + points[near].sum(1), dim=1)


def k_means(points, k, iterations=25):
    centroids = points[torch.randperm(len(points))[:k]]
    for _ in range(iterations):
        fit, nearest = (points @ centroids.T).max(1)
        sums = torch.zeros_like(centroids).index_add_(0, nearest, points)
        empty = (torch.bincount(nearest, minlength=k) == 0).nonzero()[:, 0]
        sums[empty] = points[fit.argsort()[:len(empty)]]
        centroids = F.normalize(sums, dim=1)
    return centroids


class Adaptors(torch.nn.Module):
    """A residual bottleneck after each of the last blocks."""

    def __init__(self, width, first, depth):
        super().__init__()
        self.first = first
        self.down = torch.nn.ModuleList(torch.nn.Linear(width, BOTTLENECK) for _ in range(first, depth))
        self.up = torch.nn.ModuleList(torch.nn.Linear(BOTTLENECK, width) for _ in range(first, depth))
        for down, up in zip(self.down, self.up):
            torch.nn.init.uniform_(down.weight, -1 / math.sqrt(width), 1 / math.sqrt(width))
            for tensor in (down.bias, up.weight, up.bias):
                torch.nn.init.zeros_(tensor)

    def forward(self, block, tokens):
        if block < self.first:
            return tokens
        down, up = self.down[block - self.first], self.up[block - self.first]
        return tokens + up(F.gelu(down(tokens)))


def rate_at(step, steps, peak, warm_up=0.1):
    warm = max(1, round(warm_up * steps))
    if step < warm:
        return peak * (step + 1) / warm
    return peak * 0.5 * (1 + math.cos(math.pi * min(1, (step - warm) / max(1, steps - warm))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--input-size", type=int, required=True)
    parser.add_argument("--granularities", required=True, help="for example 32,128,512")
    parser.add_argument("--blocks", type=int, default=3, help="the last M are adapted")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--measure-steps", type=int, help="time only these of each set, and scale")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    random = np.random.default_rng(arguments.seed)
    model = Backbone(load_file(arguments.weights), arguments.input_size).eval()
    depth, size = len(model.blocks), arguments.input_size

    start = time.perf_counter()
    paths = sorted(path for folder in arguments.folders for path in folder.rglob("*") if path.is_file())
    paths = [paths[i] for i in random.permutation(len(paths))[int(HELD_OUT * len(paths)):]]
    with torch.inference_mode():
        z = torch.cat([model(torch.stack([evaluation_crop(path, size) for path in paths[first:first + BATCH]]))
                       for first in range(0, len(paths), BATCH)])
    head = fit_whitening(z, HEAD_POWER)
    teachers = smoothed(whiten(z, head), NEIGHBOURS)
    granularities = [int(k) for k in arguments.granularities.split(",")]
    centroids = {k: k_means(teachers, k) for k in granularities}
    prepared = time.perf_counter() - start

    # What was made in inference mode cannot take part in training.
    head, teachers = tuple(part.clone() for part in head), teachers.clone()
    steps = len(paths) // BATCH * arguments.epochs
    seconds, losses = 0.0, {}
    for k in granularities:
        prototypes = centroids[k].clone()
        adaptors = Adaptors(z.shape[1], depth - arguments.blocks, depth)
        optimizer = torch.optim.AdamW(adaptors.parameters(), lr=arguments.learning_rate, weight_decay=1e-4)
        begun, order = time.perf_counter(), []
        measured = steps if arguments.measure_steps is None else min(steps, arguments.measure_steps + 1)
        for step in range(measured):
            if arguments.measure_steps is not None and step == 1:
                begun = time.perf_counter()
            if len(order) < BATCH:
                order = list(random.permutation(len(paths)))
            batch, order = order[:BATCH], order[BATCH:]
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, steps, arguments.learning_rate)
            views = torch.stack([training_view(paths[i], size, random) for i in batch])
            student = whiten(model(views, adaptors), head) @ prototypes.T / TAU
            wanted = torch.softmax(teachers[batch] @ prototypes.T / TAU, dim=1)
            loss = -(wanted * F.log_softmax(student, dim=1)).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[k] = loss.item()
        spent = time.perf_counter() - begun
        seconds += spent if arguments.measure_steps is None else spent / max(1, measured - 1) * steps
        print(f"k={k}: loss {losses[k]:.3f}", file=sys.stderr, flush=True)
    print(json.dumps({"images": len(paths), "steps": steps * len(granularities), "prepareSeconds": prepared,
                      "learnSeconds": seconds, "scaled": arguments.measure_steps is not None,
                      "loss": losses, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
