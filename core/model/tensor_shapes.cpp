#include "core/model/tensor_shapes.h"

#include <algorithm>
#include <cstddef>

namespace grappa {

namespace {

constexpr std::size_t shownNames = 40;

std::string listed(const char* what, const std::vector<std::string>& names) {
    if (names.empty()) return {};
    std::string text = std::string("; ") + what + ": ";
    for (std::size_t i = 0; i < std::min(names.size(), shownNames); ++i)
        text += (i ? ", " : "") + names[i];
    if (names.size() > shownNames) text += " and " + std::to_string(names.size() - shownNames) + " more";
    return text;
}

} // namespace

std::string shapeText(const Shape& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + ']';
}

std::string shapeMismatches(const std::map<std::string, Shape>& expected,
                            const std::map<std::string, StoredShape>& stored, std::vector<std::string> extra) {
    std::vector<std::string> missing, misshapen, mistyped;
    for (const auto& [name, shape] : expected)
        if (!stored.contains(name)) missing.push_back(name);
    for (const auto& [name, tensor] : stored) {
        const auto known = expected.find(name);
        if (known == expected.end())
            extra.push_back(name);
        else if (tensor.shape != known->second)
            misshapen.push_back(name + ' ' + shapeText(tensor.shape) + " instead of " + shapeText(known->second));
        else if (!tensor.dtype.starts_with('F') && tensor.dtype != "BF16")
            mistyped.push_back(name + ' ' + tensor.dtype);
    }
    return listed("missing", missing) + listed("extra", extra) + listed("of another shape", misshapen) +
           listed("not floating-point", mistyped);
}

} // namespace grappa
