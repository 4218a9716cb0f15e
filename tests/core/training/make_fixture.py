#!/usr/bin/env python3
"""Writes data/retrieval.safetensors: features, labels and the scores that a reference gives them.

    make_fixture.py REFERENCE.py      a file with retrieval_scores(features, labels)

The features are +-1 in four places of eight, so that cosines are exact and many of them equal: the order of ties counts.
"""
import pathlib
import runpy
import sys

import torch
from safetensors.torch import save_file

reference = runpy.run_path(sys.argv[1])["retrieval_scores"]
torch.manual_seed(5)
count, dim = 240, 8
features = torch.zeros(count, dim)
for row in features:
    places = torch.randperm(dim)[:4]
    row[places] = torch.randint(0, 2, (4,)).float() * 2 - 1
labels = [f"class {int(label)}" for label in torch.randint(0, 12, (count - 1,))] + ["alone"]
scores = reference(features, labels)
metadata = {"labels": "\n".join(labels), **{name: repr(value) for name, value in scores.items()}}
path = pathlib.Path(__file__).parent / "data" / "retrieval.safetensors"
path.parent.mkdir(exist_ok=True)
save_file({"features": features}, path, metadata)
print(scores)
