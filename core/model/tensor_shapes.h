#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace grappa {

using Shape = std::vector<std::int64_t>;

/// "[384, 64]"
std::string shapeText(const Shape& shape);

/// A tensor that a weights file holds.
struct StoredShape {
    Shape shape;
    std::string dtype;
};

/// What does not fit between the tensors that a model needs and those that a file holds, in one sentence that starts
/// with "; ": missing, extra, misshapen and not floating-point names. Empty = they fit. `extra`: names that are known
/// to be too much.
std::string shapeMismatches(const std::map<std::string, Shape>& expected,
                            const std::map<std::string, StoredShape>& stored, std::vector<std::string> extra = {});

} // namespace grappa
