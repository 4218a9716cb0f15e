#!/usr/bin/env python3
"""Writes tests/parity/data/grappa-*.safetensors: adaptor, fusion and losses of the Python reference on random inputs.

    make_grappa_fixtures.py GRAPPA_REFERENCE.PY

Run once, with torch and safetensors from PyPI; the files are committed. Each holds the inputs of one case, the outputs
of the reference, and the gradients of their sums weighted by `weight.*` as `grad.*`.
"""
import importlib.util
import pathlib
import sys

import torch
from safetensors.torch import save_file

DATA = pathlib.Path(__file__).parent / "data"
WIDTH, BOTTLENECK, KEY = 24, 6, 5


def save(name, inputs, run, learned):
    """`run` maps the inputs to named outputs; `learned` names the inputs whose gradients are kept."""
    for key in learned:
        inputs[key].requires_grad_()
    outputs = run(**inputs)
    weights = {f"weight.{key}": torch.randn_like(value) for key, value in outputs.items()}
    total = sum((value * weights[f"weight.{key}"]).sum() for key, value in outputs.items())
    gradients = torch.autograd.grad(total, [inputs[key] for key in learned])
    gradients = {f"grad.{key}": gradient for key, gradient in zip(learned, gradients)}
    tensors = {**inputs, **outputs, **weights, **gradients}
    save_file({key: value.detach().contiguous() for key, value in tensors.items()}, DATA / f"grappa-{name}.safetensors")


def adaptor_weights(i):
    return {f"{i}.down.weight": torch.randn(BOTTLENECK, WIDTH) * 0.3, f"{i}.down.bias": torch.randn(BOTTLENECK) * 0.3,
            f"{i}.up.weight": torch.randn(WIDTH, BOTTLENECK) * 0.3, f"{i}.up.bias": torch.randn(WIDTH) * 0.3}


def main():
    spec = importlib.util.spec_from_file_location("reference", sys.argv[1])
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    torch.manual_seed(20221023)

    def adapt(h, weights, i):
        parts = ("down.weight", "down.bias", "up.weight", "up.bias")
        return reference.adaptor(h, *(weights[f"{i}.{part}"] for part in parts))

    weights = adaptor_weights(0)
    save("adaptor", {"h": torch.randn(2, 7, WIDTH), **weights}, lambda h, **w: {"output": adapt(h, w, 0)},
         ["h", *weights])

    def fuse(h, w_q, b_q, w_k, w_v, b_v, **w):
        tokens, alpha = reference.fuse(h, [adapt(h, w, i) for i in range(len(w) // 4)], w_q, b_q, w_k, w_v, b_v)
        return {"tokens": tokens, "alpha": alpha}

    for sets in (1, 3, 8):
        inputs = {"h": torch.randn(2, 7, WIDTH), "w_q": torch.randn(KEY, WIDTH) * 0.3, "b_q": torch.randn(KEY) * 0.3,
                  "w_k": torch.randn(KEY, WIDTH) * 0.3, "w_v": torch.eye(WIDTH) + torch.randn(WIDTH, WIDTH) * 0.1,
                  "b_v": torch.randn(WIDTH) * 0.3}
        learned = list(inputs)
        for i in range(sets):
            inputs |= adaptor_weights(i)
        save(f"fuse-{sets}", inputs, fuse, learned)

    save("normalised-softmax",
         {"z": torch.randn(16, WIDTH), "prototypes": torch.randn(9, WIDTH), "labels": torch.randint(9, (16,))},
         lambda z, prototypes, labels: {"loss": reference.normalised_softmax(z, prototypes, labels)},
         ["z", "prototypes"])
    z = torch.randn(16, WIDTH)
    save("barlow-twins", {"z1": z, "z2": 0.7 * z + 0.5 * torch.randn(16, WIDTH)},
         lambda z1, z2: {"loss": reference.barlow_twins(z1, z2)}, ["z1", "z2"])


if __name__ == "__main__":
    main()
