#pragma once

#include "core/training/labelled_set.h"

#include <span>
#include <string_view>

namespace grappa {

/// The public sets of the paper's table, read as their authors publish them. Which images are taken:
///
/// name      files under the folder                                   images
/// aircraft  images_variant_test.txt, images/                         the official test list, variant as label
/// cars      cars_annos.mat, car_ims/; or devkit/ with cars_train/,   classes 99 to 196, of both lists
///           cars_test/ and cars_test_annos_withlabels.mat
/// cub       images.txt, image_class_labels.txt, images/              classes 101 to 200, of both lists
/// flowers   imagelabels.mat, setid.mat, jpg/                         the official test list (tstid)
/// food101   meta/test.txt, images/                                   the official test list
/// products  Ebay_test.txt                                            the official test list (its classes are unseen)
///
/// Cars and CUB follow the convention of retrieval, the second half of the classes (8,131 and 5,924 images), since
/// their official lists share all classes with training. For Aircraft, Flowers and Food-101 there is no such convention
/// that all agree on, so the official lists stand (3,333, 6,149 and 25,250 images).
std::span<const std::string_view> datasetLayouts();

/// Images and labels of one of those sets, `folder` being the one that holds its files, or the one above it where the
/// archive brings its own ("CUB_200_2011", "Stanford_Online_Products", "fgvc-aircraft-2013b/data", ...). The name of
/// the layout becomes the task's. Throws Usage (no such layout), NotFound (a file is missing, named), Corrupt.
LabelledSet readDataset(std::string_view layout, const std::filesystem::path& folder);

} // namespace grappa
