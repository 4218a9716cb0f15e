#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace grappa {

/// One array of a MATLAB file: what annotation files hold, no more.
struct MatArray {
    std::vector<double> numbers;     ///< of a numeric array, column by column
    std::string text;                ///< of a char array
    std::vector<std::string> fields; ///< of a struct array: names
    std::vector<MatArray> cells;     ///< of a struct array: each element's fields in order; of a cell array: its cells

    std::size_t elements() const { return fields.empty() ? cells.size() : cells.size() / fields.size(); }
    /// A field of one element of a struct array. Throws Corrupt when there is no such.
    const MatArray& field(std::size_t element, std::string_view name) const;
};

/// The named arrays of a MATLAB level-5 file (`save -v6`, `-v7`: plain or compressed, little-endian): numeric, char,
/// struct and cell arrays. Nothing else is understood; a level-7.3 file (HDF5) is refused by name.
/// Throws FileUnreadable, Corrupt.
std::map<std::string, MatArray> readMatFile(const std::filesystem::path& path);

} // namespace grappa
