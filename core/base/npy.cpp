#include "core/base/npy.h"

#include "core/base/file_io.h"

#include <bit>
#include <string>

namespace grappa {

static_assert(std::endian::native == std::endian::little, "the header below says little-endian");

void saveNpy(const std::filesystem::path& path, std::span<const float> values, std::size_t columns) {
    const std::size_t rows = columns == 0 ? 0 : values.size() / columns;
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                         std::to_string(columns) + "), }";
    constexpr std::size_t preamble = 10;
    header.append(63 - (preamble + header.size()) % 64, ' ');
    header += '\n';
    const std::string start = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size() & 255) +
                              static_cast<char>(header.size() >> 8);
    AtomicFile file(path);
    file.write(start.data(), start.size());
    file.write(header.data(), header.size());
    file.write(std::as_bytes(values));
    file.commit();
}

} // namespace grappa
