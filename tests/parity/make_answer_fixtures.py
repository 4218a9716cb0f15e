#!/usr/bin/env python3
"""Writes tests/parity/data/answers.safetensors: the default answer of the Python reference on random clustered inputs.

    make_answer_fixtures.py ANSWERS_REFERENCE.PY

Run once, with numpy and safetensors from PyPI; the file is committed. Whitenings are unique up to the signs of their
axes, so what is kept of vectors is their products with each other.
"""
import importlib.util
import pathlib
import sys

import numpy as np
from safetensors.numpy import save_file

PRIOR, IMAGES, SIDE, WIDTH = 50, 70, 3, 12
# As the product has them: p of the plain and of the diffused vectors, and what the prior weighs.
PLAIN_POWER, DIFFUSED_POWER, PRIOR_IMAGES = .5, .9, 5000


def clustered(rng, count, shape):
    centres = rng.normal(size=(7, *shape))
    return centres[rng.integers(7, size=count)] + .6 * rng.normal(size=(count, *shape)) + 1


def main():
    spec = importlib.util.spec_from_file_location("reference", sys.argv[1])
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    blended = reference.blended
    reference.blended = lambda cov, count, prior: blended(cov, count, prior, PRIOR_IMAGES)
    rng = np.random.default_rng(7)
    inputs = {f"{name}.{kind}": clustered(rng, count, shape).astype(np.float32)
              for name, count in (("prior", PRIOR), ("images", IMAGES))
              for kind, shape in (("classes", (WIDTH,)), ("tokens", (SIDE * SIDE, WIDTH)))}

    unit, covariance, whitening = reference.unit, reference.covariance, reference.whitening
    token_mean, token_cov, _ = covariance(unit(inputs["prior.tokens"]).reshape(-1, WIDTH))
    token_whitening = whitening(token_cov, .75, .3)
    prior_cls = covariance(unit(inputs["prior.classes"]))[1]
    prior_half = covariance(reference.patch_half(inputs["prior.tokens"], token_mean, token_whitening))[1]

    half = reference.patch_half(inputs["images.tokens"], token_mean, token_whitening)
    plain = reference.describe(inputs["images.classes"], half, prior_cls, prior_half, PLAIN_POWER)
    points = reference.describe(inputs["images.classes"], half, prior_cls, prior_half, DIFFUSED_POWER)
    spread = reference.diffused(points, exponent=4)
    outputs = {"half": half @ half.T, "plain": plain @ plain.T, "click": spread @ spread.T}
    save_file({**inputs, **{key: value.astype(np.float32) for key, value in outputs.items()}},
              pathlib.Path(__file__).parent / "data" / "answers.safetensors")


if __name__ == "__main__":
    main()
