#include "core/training/mat_file.h"

#include "core/base/file_io.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

static_assert(std::endian::native == std::endian::little);

namespace grappa {

namespace {

using Bytes = std::span<const std::byte>;

enum DataType : std::uint32_t { Matrix = 14, Compressed = 15 };
enum ArrayClass : std::uint32_t { CellClass = 1, StructClass = 2, CharClass = 4, FirstNumeric = 6, LastNumeric = 15 };

constexpr std::uint64_t largestFile = std::uint64_t{256} << 20; ///< also of what a compressed part unpacks to
constexpr int deepest = 8;

[[noreturn]] void fail(const std::string& what) {
    throw Error(ErrorCode::Corrupt, what);
}

struct Element {
    std::uint32_t type = 0;
    Bytes data;
};

template <typename T>
T valueAt(Bytes bytes, std::size_t offset) {
    if (bytes.size() < sizeof(T) || offset > bytes.size() - sizeof(T)) fail("it ends in the middle of a value");
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

/// The next element of `rest`, which is moved past it.
Element nextElement(Bytes& rest) {
    const auto word = valueAt<std::uint32_t>(rest, 0);
    const bool isSmall = word >> 16 != 0;
    Element element{isSmall ? word & 0xffff : word, {}};
    const std::size_t size = isSmall ? word >> 16 : valueAt<std::uint32_t>(rest, 4);
    const std::size_t header = isSmall ? 4 : 8;
    if ((isSmall && size > 4) || size > rest.size() - header) fail("it ends in the middle of an element");
    element.data = rest.subspan(header, size);
    const std::size_t padded = isSmall ? 8 : element.type == Compressed ? header + size : header + (size + 7) / 8 * 8;
    rest = rest.subspan(std::min(padded, rest.size()));
    return element;
}

template <typename T>
std::vector<double> converted(Bytes data) {
    std::vector<double> numbers(data.size() / sizeof(T));
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = static_cast<double>(valueAt<T>(data, i * sizeof(T)));
    return numbers;
}

std::vector<double> numbersOf(const Element& element) {
    switch (element.type) {
    case 1:
        return converted<std::int8_t>(element.data);
    case 2:
    case 16:
        return converted<std::uint8_t>(element.data);
    case 3:
        return converted<std::int16_t>(element.data);
    case 4:
    case 17:
        return converted<std::uint16_t>(element.data);
    case 5:
        return converted<std::int32_t>(element.data);
    case 6:
        return converted<std::uint32_t>(element.data);
    case 7:
        return converted<float>(element.data);
    case 9:
        return converted<double>(element.data);
    case 12:
        return converted<std::int64_t>(element.data);
    case 13:
        return converted<std::uint64_t>(element.data);
    default:
        fail("data type " + std::to_string(element.type) + " is not understood");
    }
}

std::string asciiOf(const Element& element) {
    std::string text;
    for (const double code : numbersOf(element)) {
        if (code < 0 || code > 127) fail("a text is not ASCII");
        text += static_cast<char>(code);
    }
    return text;
}

MatArray readArray(Bytes body, std::string& name, int depth);

/// Arrays inside a cell or struct array, `count` of them.
std::vector<MatArray> readCells(Bytes& body, std::size_t count, int depth) {
    std::vector<MatArray> cells;
    for (std::size_t i = 0; i < count; ++i) {
        const Element element = nextElement(body);
        if (element.type != Matrix) fail("a cell is not an array");
        std::string unnamed;
        cells.push_back(element.data.empty() ? MatArray{} : readArray(element.data, unnamed, depth + 1));
    }
    return cells;
}

MatArray readArray(Bytes body, std::string& name, int depth) {
    if (depth > deepest) fail("arrays lie too deep inside one another");
    const std::uint32_t arrayClass = valueAt<std::uint32_t>(nextElement(body).data, 0) & 0xff;
    double count = 1;
    for (const double length : numbersOf(nextElement(body)))
        count *= length;
    // Every element of an array takes 8 bytes of the file at least, where it is an array itself.
    if (!(count >= 0 && count <= static_cast<double>(largestFile))) fail("an array has an impossible shape");
    name = asciiOf(nextElement(body));

    MatArray array;
    if (arrayClass == CharClass) {
        array.text = asciiOf(nextElement(body));
    } else if (arrayClass >= FirstNumeric && arrayClass <= LastNumeric) {
        array.numbers = numbersOf(nextElement(body));
        if (static_cast<double>(array.numbers.size()) != count)
            fail("an array does not have as many numbers as it says");
    } else if (arrayClass == CellClass) {
        array.cells = readCells(body, static_cast<std::size_t>(count), depth);
    } else if (arrayClass == StructClass) {
        const auto length = static_cast<std::size_t>(std::max(1, valueAt<std::int32_t>(nextElement(body).data, 0)));
        const std::string names = asciiOf(nextElement(body));
        for (std::size_t i = 0; i + length <= names.size(); i += length)
            array.fields.emplace_back(names.substr(i, length).c_str());
        array.cells = readCells(body, static_cast<std::size_t>(count) * array.fields.size(), depth);
    } else {
        fail("array class " + std::to_string(arrayClass) + " is not understood");
    }
    return array;
}

std::vector<std::byte> inflated(Bytes packed) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) fail("zlib does not start");
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::vector<std::byte> plain;
    std::array<std::byte, std::size_t{1} << 16> chunk;
    int status = Z_OK;
    while (status == Z_OK && plain.size() < largestFile) {
        stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
        stream.avail_out = chunk.size();
        status = inflate(&stream, Z_NO_FLUSH);
        plain.insert(plain.end(), chunk.begin(), chunk.end() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END) fail("a compressed part does not unpack");
    return plain;
}

void readArrays(Bytes rest, std::map<std::string, MatArray>& arrays, bool packed) {
    while (!rest.empty()) {
        const Element element = nextElement(rest);
        if (element.type == Compressed && !packed) {
            readArrays(inflated(element.data), arrays, true);
        } else if (element.type == Matrix) {
            std::string name;
            MatArray array = readArray(element.data, name, 0);
            arrays[name] = std::move(array);
        } else {
            fail("an element is not an array");
        }
    }
}

} // namespace

const MatArray& MatArray::field(std::size_t element, std::string_view name) const {
    const auto found = std::find(fields.begin(), fields.end(), name);
    if (found == fields.end() || element >= elements()) fail("There is no field \"" + std::string(name) + "\"");
    return cells[element * fields.size() + static_cast<std::size_t>(found - fields.begin())];
}

std::map<std::string, MatArray> readMatFile(const std::filesystem::path& path) {
    constexpr std::size_t headerSize = 128;
    const FileBytes file = readUserFile(path, largestFile);
    try {
        const Bytes bytes(file.bytes);
        if (bytes.size() < headerSize || valueAt<std::uint16_t>(bytes, 126) != 0x4d49 ||
            valueAt<std::uint16_t>(bytes, 124) != 0x0100)
            fail("only level 5 is understood (in MATLAB: save -v7)");
        std::map<std::string, MatArray> arrays;
        readArrays(bytes.subspan(headerSize), arrays, false);
        return arrays;
    } catch (const Error& error) {
        throw Error(error.code(), displayPath(path) + " is not a readable MATLAB file: " + error.what() + ".");
    }
}

} // namespace grappa
