#include "core/base/row_format.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace grappa {

namespace {

constexpr int largest8 = 127;
constexpr int largest16 = 32767;

float scaleOf(const std::byte* row) {
    float scale;
    std::memcpy(&scale, row, sizeof scale);
    return scale;
}

const std::int8_t* numbersOf(const std::byte* row) {
    return reinterpret_cast<const std::int8_t*>(row + sizeof(float));
}

const std::uint16_t* halvesOf(const std::byte* row) {
    return reinterpret_cast<const std::uint16_t*>(row);
}

/// Rounds `vector` to integers from -largest to largest; returns what they are to be multiplied by.
template <class Number>
float quantise(std::span<const float> vector, int largest, Number* to) {
    float max = 0;
    for (const float value : vector)
        max = std::max(max, std::abs(value));
    const auto scale = static_cast<float>(double{max} / largest);
    if (!(scale > 0)) { // all zero, or so small that the scale is
        std::fill_n(to, vector.size(), Number{0});
        return 0;
    }
    // In double: the factor of the smallest floats would not fit a float.
    const double factor = largest / double{max};
    for (std::size_t i = 0; i < vector.size(); ++i)
        to[i] = static_cast<Number>(std::lround(double{vector[i]} * factor));
    return scale;
}

template <class Other>
std::int64_t sumPortable(const std::int8_t* row, const Other* other, std::size_t dim) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < dim; ++i)
        sum += int{row[i]} * int{other[i]};
    return sum;
}

float mixedPortable(const std::int8_t* row, const std::uint16_t* halves, std::size_t dim) {
    float sum = 0;
    for (std::size_t i = 0; i < dim; ++i) {
        float value;
        toFloat({halves + i, 1}, {&value, 1}, HalfPath::Portable);
        sum += static_cast<float>(row[i]) * value;
    }
    return sum;
}

struct Kernels {
    std::int64_t (*withQuery)(const std::int8_t*, const std::int16_t*, std::size_t);
    std::int64_t (*withRow)(const std::int8_t*, const std::int8_t*, std::size_t);
    float (*withHalves)(const std::int8_t*, const std::uint16_t*, std::size_t);
};

constexpr Kernels portable{sumPortable<std::int16_t>, sumPortable<std::int8_t>, mixedPortable};

#if defined(__x86_64__)

#define GRAPPA_AVX2 __attribute__((target("avx2,fma,f16c")))
#define GRAPPA_AVX512 __attribute__((target("avx512f,avx512bw,avx2,fma,f16c")))

/// Numbers after which the 32-bit sums are taken over into 64 bits: up to then a sum has at most 256 products of
/// 2^7 * 2^15.
constexpr std::size_t blockOfSums = 2048;

GRAPPA_AVX2 inline __m256i wide16(const std::int8_t* numbers) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers)));
}
GRAPPA_AVX2 inline __m256i wide16(const std::int16_t* numbers) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(numbers));
}

GRAPPA_AVX2 inline std::int64_t total(__m256i sums) {
    const __m256i four = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums)),
                                          _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1)));
    const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    return _mm_cvtsi128_si64(two) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(two, two));
}

template <class Other>
GRAPPA_AVX2 std::int64_t sumAvx2(const std::int8_t* row, const Other* other, std::size_t dim) {
    std::int64_t sum = 0;
    std::size_t i = 0;
    while (i + 16 <= dim) {
        const std::size_t end = std::min(dim, i + blockOfSums);
        __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (; i + 32 <= end; i += 32)
            for (std::size_t k = 0; k < 2; ++k)
                sums[k] = _mm256_add_epi32(
                    sums[k], _mm256_madd_epi16(wide16(row + i + 16 * k), wide16(other + i + 16 * k)));
        for (; i + 16 <= end; i += 16)
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(wide16(row + i), wide16(other + i)));
        sum += total(_mm256_add_epi32(sums[0], sums[1]));
    }
    return sum + sumPortable(row + i, other + i, dim - i);
}

GRAPPA_AVX2 float mixedAvx2(const std::int8_t* row, const std::uint16_t* halves, std::size_t dim) {
    __m256 sums[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    const auto multiply = [&](std::size_t i, __m256 sum) GRAPPA_AVX2 {
        const __m128i eight = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row + i));
        return _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight)),
                               _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + i))), sum);
    };
    std::size_t i = 0;
    for (; i + 16 <= dim; i += 16)
        for (std::size_t k = 0; k < 2; ++k)
            sums[k] = multiply(i + 8 * k, sums[k]);
    for (; i + 8 <= dim; i += 8)
        sums[0] = multiply(i, sums[0]);
    const __m256 sum = _mm256_add_ps(sums[0], sums[1]);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two))) + mixedPortable(row + i, halves + i, dim - i);
}

GRAPPA_AVX512 inline __m512i wide32(const std::int8_t* numbers) {
    // The masked form: GCC 12 warns about its own header's plain one.
    return _mm512_maskz_cvtepi8_epi16(0xffffffff, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(numbers)));
}
GRAPPA_AVX512 inline __m512i wide32(const std::int16_t* numbers) {
    return _mm512_loadu_si512(numbers);
}

template <class Other>
GRAPPA_AVX512 std::int64_t sumAvx512(const std::int8_t* row, const Other* other, std::size_t dim) {
    std::int64_t sum = 0;
    std::size_t i = 0;
    while (i + 32 <= dim) {
        const std::size_t end = std::min(dim, i + blockOfSums);
        __m512i sums[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        for (; i + 64 <= end; i += 64)
            for (std::size_t k = 0; k < 2; ++k)
                sums[k] = _mm512_add_epi32(
                    sums[k], _mm512_madd_epi16(wide32(row + i + 32 * k), wide32(other + i + 32 * k)));
        for (; i + 32 <= end; i += 32)
            sums[0] = _mm512_add_epi32(sums[0], _mm512_madd_epi16(wide32(row + i), wide32(other + i)));
        const __m512i all = _mm512_add_epi32(sums[0], sums[1]);
        sum += total(_mm512_maskz_extracti64x4_epi64(0xff, all, 0)) +
               total(_mm512_maskz_extracti64x4_epi64(0xff, all, 1));
    }
    return sum + sumPortable(row + i, other + i, dim - i);
}

constexpr Kernels avx2{sumAvx2<std::int16_t>, sumAvx2<std::int8_t>, mixedAvx2};
constexpr Kernels avx512{sumAvx512<std::int16_t>, sumAvx512<std::int8_t>, mixedAvx2};

#endif

const Kernels& kernels(HalfPath path) {
#if defined(__x86_64__)
    if (path == HalfPath::Avx512) return avx512;
    if (path == HalfPath::Avx2) return avx2;
#endif
    (void)path;
    return portable;
}

const Kernels& bestKernels() {
    static const Kernels& best = kernels(bestRowPath());
    return best;
}

float scaled(std::int64_t sum, float a, float b) {
    return static_cast<float>(static_cast<double>(sum) * a * b);
}

} // namespace

HalfPath bestRowPath() {
#if defined(__x86_64__)
    if (bestHalfPath() == HalfPath::Avx512 && !__builtin_cpu_supports("avx512bw")) return HalfPath::Avx2;
#endif
    return bestHalfPath();
}

std::size_t rowBytes(RowFormat format, std::size_t dim) {
    return format == RowFormat::Int8 ? sizeof(float) + dim : dim * sizeof(std::uint16_t);
}

void encodeRow(std::span<const float> vector, RowFormat format, std::byte* to) {
    if (format == RowFormat::Half) {
        toHalf(vector, {reinterpret_cast<std::uint16_t*>(to), vector.size()});
        return;
    }
    auto* numbers = reinterpret_cast<std::int8_t*>(to + sizeof(float));
    quantise(vector, largest8, numbers);
    double squares = 0, squaresOfNumbers = 0;
    for (std::size_t i = 0; i < vector.size(); ++i) {
        squares += double{vector[i]} * double{vector[i]};
        squaresOfNumbers += double(numbers[i]) * double(numbers[i]);
    }
    const auto scale = static_cast<float>(squaresOfNumbers > 0 ? std::sqrt(squares / squaresOfNumbers) : 0.0);
    std::memcpy(to, &scale, sizeof scale);
}

void decodeRow(const std::byte* row, RowFormat format, std::span<float> vector) {
    if (format == RowFormat::Half) {
        toFloat({halvesOf(row), vector.size()}, vector);
        return;
    }
    const float scale = scaleOf(row);
    const std::int8_t* numbers = numbersOf(row);
    for (std::size_t i = 0; i < vector.size(); ++i)
        vector[i] = scale * static_cast<float>(numbers[i]);
}

bool isFiniteRow(const std::byte* row, RowFormat format, std::size_t dim) {
    if (format == RowFormat::Int8) return std::isfinite(scaleOf(row) * float{128});
    for (std::size_t i = 0; i < dim; ++i) {
        std::uint16_t bits;
        std::memcpy(&bits, row + i * sizeof bits, sizeof bits);
        if ((bits & 0x7c00) == 0x7c00) return false;
    }
    return true;
}

float rowDot(RowFormat format, const std::byte* a, const std::byte* b, std::size_t dim) {
    if (format == RowFormat::Half) return halfDot(halvesOf(a), halvesOf(b), dim);
    return scaled(bestKernels().withRow(numbersOf(a), numbersOf(b), dim), scaleOf(a), scaleOf(b));
}

float rowDot(RowFormat format, const std::byte* a, const std::byte* b, std::size_t dim, HalfPath path) {
    if (format == RowFormat::Half) return halfDot(halvesOf(a), halvesOf(b), dim, path);
    return scaled(kernels(path).withRow(numbersOf(a), numbersOf(b), dim), scaleOf(a), scaleOf(b));
}

float rowHalfDot(RowFormat format, const std::byte* row, const std::uint16_t* halves, std::size_t dim) {
    if (format == RowFormat::Half) return halfDot(halvesOf(row), halves, dim);
    return scaleOf(row) * bestKernels().withHalves(numbersOf(row), halves, dim);
}

float rowHalfDot(RowFormat format, const std::byte* row, const std::uint16_t* halves, std::size_t dim, HalfPath path) {
    if (format == RowFormat::Half) return halfDot(halvesOf(row), halves, dim, path);
    return scaleOf(row) * kernels(path).withHalves(numbersOf(row), halves, dim);
}

RowQuery::RowQuery(RowFormat format, std::span<const float> vector)
    : m_format(format), m_dim(vector.size()), m_row(rowBytes(format, vector.size())) {
    encodeRow(vector, format, m_row.data());
    if (format == RowFormat::Half) return;
    m_values.resize(vector.size());
    m_scale = quantise(vector, largest16, m_values.data());
}

float RowQuery::dot(const std::byte* row) const {
    if (m_format == RowFormat::Half) return halfDot(halvesOf(m_row.data()), halvesOf(row), m_dim);
    return scaled(bestKernels().withQuery(numbersOf(row), m_values.data(), m_dim), scaleOf(row), m_scale);
}

float rowQueryDot(const RowQuery& query, const std::byte* row, HalfPath path) {
    if (query.m_format == RowFormat::Half)
        return halfDot(halvesOf(query.m_row.data()), halvesOf(row), query.m_dim, path);
    return scaled(kernels(path).withQuery(numbersOf(row), query.m_values.data(), query.m_dim), scaleOf(row),
                  query.m_scale);
}

} // namespace grappa
