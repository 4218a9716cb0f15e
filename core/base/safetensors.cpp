#include "core/base/safetensors.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace grappa {

namespace {

// The container stores little-endian numbers, which are read and written as they are.
static_assert(std::endian::native == std::endian::little);

using Json = nlohmann::json;

constexpr std::uint64_t maximalHeader = 100'000'000;
constexpr std::size_t maximalTensors = 100'000;
constexpr std::size_t maximalRank = 16;
constexpr std::size_t lengthBytes = sizeof(std::uint64_t);
constexpr std::string_view metadataKey = "__metadata__";

constexpr std::array<std::pair<std::string_view, std::size_t>, 10> elementSizes{{
    {"F64", 8},
    {"F32", 4},
    {"F16", 2},
    {"BF16", 2},
    {"I64", 8},
    {"I32", 4},
    {"I16", 2},
    {"I8", 1},
    {"U8", 1},
    {"BOOL", 1},
}};

/// Why a file is refused; the file's name is added where it is known.
class Refusal : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Bytes of a tensor, or nothing when its shape is negative or too large for any file.
std::optional<std::uint64_t> byteCount(std::string_view dtype, std::span<const std::int64_t> shape) {
    std::uint64_t bytes = safetensorsElementSize(dtype);
    for (const std::int64_t size : shape)
        if (size < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes)) return std::nullopt;
    return bytes;
}

/// Reads a header as a stream of events, which needs no recursion and sees what a parsed document would hide: names
/// that occur twice. Nothing but `{name: {"dtype": s, "shape": [n...], "data_offsets": [n, n]}}` is accepted.
class HeaderReader : public nlohmann::json_sax<Json> {
public:
    std::vector<SafetensorsEntry> entries;
    std::map<std::string, std::string> metadata;

    bool start_object(std::size_t) override {
        if (m_level == Level::File) {
            m_level = Level::Header;
        } else if (m_level == Level::Header) {
            m_level = m_key == metadataKey ? Level::Metadata : Level::Tensor;
            m_fields = {};
        } else {
            refuseValue();
        }
        return true;
    }

    bool key(std::string& name) override {
        m_key = std::move(name);
        if (m_level == Level::Header) startEntry();
        if (m_level == Level::Metadata && metadata.contains(m_key)) refuseRepeated();
        if (m_level == Level::Tensor) startField();
        return true;
    }

    bool end_object() override {
        if (m_level == Level::Header) {
            m_level = Level::End;
            return true;
        }
        if (m_level == Level::Tensor) finishEntry();
        m_level = Level::Header;
        return true;
    }

    bool start_array(std::size_t) override {
        if (m_level != Level::Tensor || m_key == "dtype") refuseValue();
        m_level = Level::Numbers;
        return true;
    }

    bool end_array() override {
        m_level = Level::Tensor;
        return true;
    }

    bool string(std::string& value) override {
        if (m_level == Level::Metadata)
            metadata.emplace(m_key, std::move(value));
        else if (m_level == Level::Tensor && m_key == "dtype")
            entries.back().dtype = std::move(value);
        else
            refuseValue();
        return true;
    }

    bool number_unsigned(std::uint64_t value) override {
        if (m_level != Level::Numbers) refuseValue();
        if (m_key == "shape") {
            auto& shape = entries.back().shape;
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ||
                shape.size() == maximalRank)
                throw Refusal("the shape of " + quoted() + " is out of range");
            shape.push_back(static_cast<std::int64_t>(value));
        } else {
            if (m_offsets.size() == 2) throw Refusal("data_offsets of " + quoted() + " are not two numbers");
            m_offsets.push_back(value);
        }
        return true;
    }

    bool number_integer(std::int64_t) override { refuseNumber(); }
    bool number_float(double, const std::string&) override { refuseNumber(); }
    bool null() override { refuseValue(); }
    bool boolean(bool) override { refuseValue(); }
    bool binary(Json::binary_t&) override { refuseValue(); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        throw Refusal("its header is not valid JSON at byte " + std::to_string(position));
    }

private:
    enum class Level { File, Header, Metadata, Tensor, Numbers, End };
    struct Fields {
        bool dtype = false, shape = false, offsets = false;
    };

    std::string quoted() const { return '"' + entries.back().name + '"'; }

    [[noreturn]] void refuseValue() const {
        throw Refusal("its header has a value of the wrong kind" + (m_key.empty() ? "" : " at \"" + m_key + '"'));
    }
    [[noreturn]] void refuseNumber() const {
        throw Refusal("its header has a number that is not a whole number from 0 to 2^64 at \"" + m_key + '"');
    }
    [[noreturn]] void refuseRepeated() const { throw Refusal("its header names \"" + m_key + "\" twice"); }

    void startEntry() {
        if (m_key == metadataKey) {
            if (std::exchange(m_sawMetadata, true)) refuseRepeated();
            return;
        }
        if (entries.size() == maximalTensors) throw Refusal("it holds too many tensors");
        entries.emplace_back().name = m_key;
        m_offsets.clear();
    }

    void startField() {
        bool* seen = m_key == "dtype"          ? &m_fields.dtype
                     : m_key == "shape"        ? &m_fields.shape
                     : m_key == "data_offsets" ? &m_fields.offsets
                                               : nullptr;
        if (!seen) throw Refusal("its header has an unknown field \"" + m_key + "\" in " + quoted());
        if (std::exchange(*seen, true)) refuseRepeated();
    }

    void finishEntry() {
        SafetensorsEntry& entry = entries.back();
        if (!m_fields.dtype || !m_fields.shape || m_offsets.size() != 2)
            throw Refusal(quoted() + " has no dtype, shape or data_offsets");
        entry.begin = m_offsets[0];
        entry.end = m_offsets[1];
        if (safetensorsElementSize(entry.dtype) == 0)
            throw Refusal(quoted() + " has the unknown dtype \"" + entry.dtype + '"');
        const auto bytes = byteCount(entry.dtype, entry.shape);
        if (!bytes) throw Refusal("the shape of " + quoted() + " is out of range");
        if (entry.begin > entry.end || entry.end - entry.begin != *bytes)
            throw Refusal("the length of " + quoted() + " does not fit its shape and dtype");
    }

    Level m_level = Level::File;
    std::string m_key;
    Fields m_fields;
    std::vector<std::uint64_t> m_offsets;
    bool m_sawMetadata = false;
};

std::uint64_t headerLength(std::span<const std::byte> bytes) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), lengthBytes);
    return length;
}

bool startsWith(std::span<const std::byte> bytes, std::string_view magic) {
    return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

/// A pickle of protocol 2 to 5, or a zip archive (a .pth since PyTorch 1.6, TorchScript, .pt2).
bool canCarryCode(std::span<const std::byte> bytes) {
    const bool pickle =
        startsWith(bytes, "\x80") && bytes.size() > 1 && bytes[1] >= std::byte{2} && bytes[1] <= std::byte{5};
    return pickle || startsWith(bytes, "PK\x03\x04") || startsWith(bytes, "PK\x05\x06");
}

std::span<const std::byte> headerOf(std::span<const std::byte> bytes) {
    if (bytes.size() < lengthBytes) throw Refusal("it is too short");
    const std::uint64_t length = headerLength(bytes);
    if (length > maximalHeader)
        throw Refusal("its header would have " + std::to_string(length) + " bytes; the limit is 100 MB");
    if (length > bytes.size() - lengthBytes) throw Refusal("it ends inside its header");
    const auto header = bytes.subspan(lengthBytes, length);
    if (!startsWith(header, "{")) throw Refusal("it does not start with a safetensors header");
    // The JSON reader takes a zero byte for the end, and bytes after it would go unread.
    if (std::ranges::find(header, std::byte{0}) != header.end()) throw Refusal("its header holds a zero byte");
    return header;
}

/// The tensors must cover the data section exactly: bytes outside of all tensors could hide another file.
void checkCoverage(std::span<const SafetensorsEntry> entries, std::uint64_t dataBytes) {
    std::uint64_t covered = 0;
    for (const SafetensorsEntry& entry : entries) {
        if (entry.begin != covered)
            throw Refusal('"' + entry.name +
                          (entry.begin < covered ? "\" overlaps the tensor before it"
                                                 : "\" does not follow the tensor before it"));
        covered = entry.end;
    }
    if (covered > dataBytes) throw Refusal("it ends inside its tensors");
    if (covered < dataBytes) throw Refusal("it goes on after its last tensor");
}

} // namespace

std::size_t safetensorsElementSize(std::string_view dtype) {
    for (const auto& [name, size] : elementSizes)
        if (name == dtype) return size;
    return 0;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : m_path(path), m_file(path) {
    const auto bytes = m_file.bytes();
    try {
        const auto header = headerOf(bytes);
        m_dataOffset = lengthBytes + header.size();
        HeaderReader reader;
        const auto* text = reinterpret_cast<const char*>(header.data());
        Json::sax_parse(text, text + header.size(), &reader);
        m_entries = std::move(reader.entries);
        m_metadata = std::move(reader.metadata);
        std::ranges::sort(m_entries, {}, [](const auto& e) { return std::tie(e.begin, e.end, e.name); });
        checkCoverage(m_entries, bytes.size() - m_dataOffset);
        for (std::size_t i = 0; i < m_entries.size(); ++i)
            if (!m_index.emplace(m_entries[i].name, i).second)
                throw Refusal("its header names \"" + m_entries[i].name + "\" twice");
    } catch (const Refusal& refusal) {
        // Only now: a header of 640 bytes starts like a pickle.
        if (canCarryCode(bytes))
            throw Error(
                ErrorCode::WeightsUnsafe,
                displayPath(path) +
                    " is a pickle or an archive of pickles, which can carry code, and was not opened. Convert a "
                    ".pth checkpoint once with: python3 packaging/convert_weights.py FILE.pth "
                    "OUT.safetensors (TorchScript and .pt2 files are programs and cannot be used)");
        throw Error(ErrorCode::WeightsInvalid,
                    displayPath(path) + " is not a usable safetensors file: " + refusal.what());
    }
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_entries[found->second];
}

std::span<const std::byte> SafetensorsFile::bytes(const SafetensorsEntry& entry) const {
    return m_file.bytes().subspan(m_dataOffset + entry.begin, entry.end - entry.begin);
}

void saveSafetensors(const std::filesystem::path& path, std::span<const SafetensorsTensor> tensors,
                     const std::map<std::string, std::string>& metadata) {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header[metadataKey] = metadata;
    std::uint64_t offset = 0;
    for (const SafetensorsTensor& tensor : tensors) {
        if (tensor.name == metadataKey || header.contains(tensor.name) || safetensorsElementSize(tensor.dtype) == 0 ||
            byteCount(tensor.dtype, tensor.shape) != tensor.bytes.size())
            throw Error(ErrorCode::Internal, "Cannot save the tensor \"" + tensor.name +
                                                 "\": its name, dtype, shape and length do not fit together");
        header[tensor.name] = {
            {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + tensor.bytes.size()}}};
        offset += tensor.bytes.size();
    }
    std::string text = header.dump();
    text.resize((text.size() + lengthBytes - 1) / lengthBytes * lengthBytes, ' ');

    AtomicFile file(path);
    const std::uint64_t length = text.size();
    file.write(&length, lengthBytes);
    file.write(text.data(), text.size());
    for (const SafetensorsTensor& tensor : tensors)
        file.write(tensor.bytes);
    file.commit();
}

} // namespace grappa
