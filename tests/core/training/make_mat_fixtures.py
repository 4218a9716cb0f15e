#!/usr/bin/env python3
"""Writes data/*.mat with SciPy: annotations in the form of Stanford Cars and Oxford Flowers-102, a few rows each."""
import pathlib

import numpy as np
from scipy.io import savemat

data = pathlib.Path(__file__).parent / "data"


def annotations(path_field, folder, classes):
    fields = [("bbox_x1", object), ("class", object), ("test", object), (path_field, object)]
    rows = np.zeros((1, len(classes)), dtype=fields)
    for i, label in enumerate(classes):
        rows[0, i] = (np.uint16(10 * i), np.uint8(label), np.uint8(i % 2), f"{folder}{i + 1:06d}.jpg")
    return rows


savemat(data / "cars_annos.mat",
        {"annotations": annotations("relative_im_path", "car_ims/", [1, 98, 99, 99, 196]),
         "class_names": np.array([["AM General Hummer SUV 2000", "Acura RL Sedan 2012"]], dtype=object)},
        do_compression=True)
savemat(data / "cars_train_annos.mat", {"annotations": annotations("fname", "", [1, 99])})
savemat(data / "cars_test_annos_withlabels.mat", {"annotations": annotations("fname", "", [98, 150, 150])})
savemat(data / "imagelabels.mat", {"labels": np.array([[77, 77, 12, 12, 5]], dtype=np.uint8)}, do_compression=True)
savemat(data / "setid.mat", {"trnid": np.array([[1.0]]), "valid": np.array([[2.0]]),
                             "tstid": np.array([[5.0, 3.0, 4.0]])})
