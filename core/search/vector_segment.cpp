#include "core/search/vector_segment.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>

namespace grappa {

namespace {

constexpr std::array<char, 8> magic{'g', 'r', 'a', 'p', 'p', 'a', 'v', 's'};
/// Programs that know the first version alone refuse the second one.
constexpr std::uint32_t halfVersion = 1;
constexpr std::uint32_t formatVersion = 2;
constexpr std::uint32_t innerProduct = 1;

struct Header {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t dim;
    std::uint64_t count;
    std::uint64_t length; ///< bytes of the file
    std::uint32_t metric;
    std::uint32_t format; ///< RowFormat; version 1 has zero, which is Half
    std::array<char, 88> modelHash; ///< hex, filled with zeros
};
static_assert(sizeof(Header) == 128);

constexpr std::size_t rowAlignment = 64;

std::size_t rowsOffset(std::uint64_t count) {
    const std::size_t end = sizeof(Header) + count * sizeof(ImageId);
    return (end + rowAlignment - 1) / rowAlignment * rowAlignment;
}

Header headerOf(const std::string& modelHash, int dim, RowFormat format, std::uint64_t count) {
    Header header{};
    header.magic = magic;
    header.version = format == RowFormat::Half ? halfVersion : formatVersion;
    header.dim = static_cast<std::uint32_t>(dim);
    header.count = count;
    header.length = rowsOffset(count) + count * rowBytes(format, header.dim);
    header.metric = innerProduct;
    header.format = static_cast<std::uint32_t>(format);
    if (modelHash.size() > header.modelHash.size()) throw Error(ErrorCode::Internal, "The model hash is too long");
    modelHash.copy(header.modelHash.data(), header.modelHash.size());
    return header;
}

} // namespace

std::string newFileName(EmbeddingSetId set, const char* suffix) {
    std::random_device random;
    char name[64];
    std::snprintf(name, sizeof name, "set%lld-%08x%08x%s", static_cast<long long>(set), random(), random(), suffix);
    return name;
}

std::string VectorSegment::save(const std::filesystem::path& path, const std::string& modelHash, int dim,
                                RowFormat format, std::span<const ImageId> ids, std::span<const std::byte> rows) {
    if (dim <= 0 || rows.size() != ids.size() * rowBytes(format, static_cast<std::size_t>(dim)) ||
        std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) != ids.end())
        throw Error(ErrorCode::Internal, "The vectors of a segment do not fit its images");
    const Header header = headerOf(modelHash, dim, format, ids.size());
    const std::array<char, rowAlignment> padding{};
    AtomicFile file(path);
    file.write(&header, sizeof header);
    file.write(ids.data(), ids.size_bytes());
    file.write(padding.data(), rowsOffset(ids.size()) - sizeof header - ids.size_bytes());
    file.write(rows);
    file.commit();
    return hashBytes(MappedFile(path).bytes()).hex();
}

VectorSegment::VectorSegment(const std::filesystem::path& path, const std::string& checksum,
                             const std::string& modelHash, int dim, RowFormat format)
    : m_file(path)
    , m_checksum(checksum)
    , m_format(format)
    , m_rowBytes(rowBytes(format, static_cast<std::size_t>(dim))) {
    const auto bytes = m_file.bytes();
    const auto require = [&path](bool holds, const char* what) {
        if (!holds) throw Error(ErrorCode::Corrupt, "The segment " + displayPath(path) + " " + what);
    };
    require(hashBytes(bytes).hex() == checksum, "does not match its checksum");
    require(bytes.size() >= sizeof(Header), "is too short");
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    // A count that fits the file, before anything is computed from it.
    require(header.count <= bytes.size() / sizeof(ImageId), "has a wrong count");
    const Header expected = headerOf(modelHash, dim, format, header.count);
    require(std::memcmp(&header, &expected, sizeof header) == 0, "has another version, model, dimension or row format");
    require(header.length == bytes.size(), "has a wrong length");
    m_ids = {reinterpret_cast<const ImageId*>(bytes.data() + sizeof(Header)), static_cast<std::size_t>(header.count)};
    m_rows = bytes.data() + rowsOffset(header.count);
    require(std::adjacent_find(m_ids.begin(), m_ids.end(), std::greater_equal<>()) == m_ids.end(),
            "does not have its images in order");
}

std::optional<std::size_t> VectorSegment::find(ImageId image) const {
    const auto at = std::lower_bound(m_ids.begin(), m_ids.end(), image);
    if (at == m_ids.end() || *at != image) return std::nullopt;
    return static_cast<std::size_t>(at - m_ids.begin());
}

} // namespace grappa
