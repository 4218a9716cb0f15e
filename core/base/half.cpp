#include "core/base/half.h"

#include <bit>
#include <cassert>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace grappa {

namespace {

std::uint16_t halfBits(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = bits >> 16 & 0x8000;
    const std::uint32_t magnitude = bits & 0x7fffffff;
    std::uint32_t half;
    if (magnitude > 0x7f800000) { // NaN, made quiet
        half = 0x7e00 | (magnitude >> 13 & 0x3ff);
    } else if (magnitude >= 0x477ff000) { // rounds to 2^16 or more
        half = 0x7c00;
    } else if (magnitude >= 0x38800000) { // normal in fp16
        half = (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
    } else if (magnitude <= 0x33000000) { // at most half of the smallest subnormal
        half = 0;
    } else {
        const std::uint32_t mantissa = (magnitude & 0x7fffff) | 0x800000;
        const std::uint32_t shift = 126 - (magnitude >> 23);
        half = (mantissa + (1u << (shift - 1)) - 1 + (mantissa >> shift & 1)) >> shift;
    }
    return static_cast<std::uint16_t>(sign | half);
}

float floatOf(std::uint16_t half) {
    const std::uint32_t sign = std::uint32_t{half} << 16 & 0x80000000;
    const std::uint32_t exponent = half >> 10 & 0x1f;
    const std::uint32_t mantissa = half & 0x3ff;
    if (exponent == 0) {
        const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
        return sign != 0 ? -magnitude : magnitude;
    }
    if (exponent == 31) {
        const std::uint32_t quiet = mantissa != 0 ? 0x400000 : 0;
        return std::bit_cast<float>(sign | 0x7f800000 | quiet | mantissa << 13);
    }
    return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

void toHalfPortable(const float* from, std::uint16_t* to, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = halfBits(from[i]);
}

void toFloatPortable(const std::uint16_t* from, float* to, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = floatOf(from[i]);
}

float halfDotPortable(const std::uint16_t* a, const std::uint16_t* b, std::size_t dim) {
    float sum = 0;
    for (std::size_t i = 0; i < dim; ++i)
        sum += floatOf(a[i]) * floatOf(b[i]);
    return sum;
}

struct Kernels {
    void (*toHalf)(const float*, std::uint16_t*, std::size_t);
    void (*toFloat)(const std::uint16_t*, float*, std::size_t);
    float (*dot)(const std::uint16_t*, const std::uint16_t*, std::size_t);
};

constexpr Kernels portable{toHalfPortable, toFloatPortable, halfDotPortable};

#if defined(__x86_64__)

#define GRAPPA_AVX2 __attribute__((target("avx2,fma,f16c")))
#define GRAPPA_AVX512 __attribute__((target("avx512f,avx2,fma,f16c")))

GRAPPA_AVX2 void toHalfAvx2(const float* from, std::uint16_t* to, std::size_t count) {
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
    toHalfPortable(from + i, to + i, count - i);
}

GRAPPA_AVX2 inline __m256 load8(const std::uint16_t* halves) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves)));
}

GRAPPA_AVX2 void toFloatAvx2(const std::uint16_t* from, float* to, std::size_t count) {
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(to + i, load8(from + i));
    toFloatPortable(from + i, to + i, count - i);
}

GRAPPA_AVX2 float halfDotAvx2(const std::uint16_t* a, const std::uint16_t* b, std::size_t dim) {
    // Four sums hide the latency of the multiply-add.
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    std::size_t i = 0;
    for (; i + 32 <= dim; i += 32)
        for (std::size_t k = 0; k < 4; ++k)
            sums[k] = _mm256_fmadd_ps(load8(a + i + 8 * k), load8(b + i + 8 * k), sums[k]);
    for (; i + 8 <= dim; i += 8)
        sums[0] = _mm256_fmadd_ps(load8(a + i), load8(b + i), sums[0]);
    const __m256 sum = _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two))) + halfDotPortable(a + i, b + i, dim - i);
}

GRAPPA_AVX512 inline __m512 load16(const std::uint16_t* halves) {
    // The masked form: GCC 12 warns about its own header's plain one.
    return _mm512_maskz_cvtph_ps(0xffff, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(halves)));
}

GRAPPA_AVX512 float halfDotAvx512(const std::uint16_t* a, const std::uint16_t* b, std::size_t dim) {
    __m512 sums[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    std::size_t i = 0;
    for (; i + 64 <= dim; i += 64)
        for (std::size_t k = 0; k < 4; ++k)
            sums[k] = _mm512_fmadd_ps(load16(a + i + 16 * k), load16(b + i + 16 * k), sums[k]);
    for (; i + 16 <= dim; i += 16)
        sums[0] = _mm512_fmadd_ps(load16(a + i), load16(b + i), sums[0]);
    const __m512 sum = _mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3]));
    alignas(64) float lanes[16];
    _mm512_store_ps(lanes, sum);
    for (std::size_t width = 8; width > 0; width /= 2)
        for (std::size_t k = 0; k < width; ++k)
            lanes[k] += lanes[k + width];
    return lanes[0] + halfDotPortable(a + i, b + i, dim - i);
}

constexpr Kernels avx2{toHalfAvx2, toFloatAvx2, halfDotAvx2};
constexpr Kernels avx512{toHalfAvx2, toFloatAvx2, halfDotAvx512};

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
    static const Kernels& best = kernels(bestHalfPath());
    return best;
}

} // namespace

HalfPath bestHalfPath() {
#if defined(__x86_64__)
    const bool hasAvx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    if (hasAvx2 && __builtin_cpu_supports("avx512f")) return HalfPath::Avx512;
    if (hasAvx2) return HalfPath::Avx2;
#endif
    return HalfPath::Portable;
}

void toHalf(std::span<const float> from, std::span<std::uint16_t> to, HalfPath path) {
    assert(from.size() == to.size());
    kernels(path).toHalf(from.data(), to.data(), from.size());
}

void toFloat(std::span<const std::uint16_t> from, std::span<float> to, HalfPath path) {
    assert(from.size() == to.size());
    kernels(path).toFloat(from.data(), to.data(), from.size());
}

float halfDot(const std::uint16_t* a, const std::uint16_t* b, std::size_t dim, HalfPath path) {
    return kernels(path).dot(a, b, dim);
}

void toHalf(std::span<const float> from, std::span<std::uint16_t> to) {
    assert(from.size() == to.size());
    bestKernels().toHalf(from.data(), to.data(), from.size());
}

void toFloat(std::span<const std::uint16_t> from, std::span<float> to) {
    assert(from.size() == to.size());
    bestKernels().toFloat(from.data(), to.data(), from.size());
}

std::vector<std::uint16_t> halvesOf(std::span<const float> from) {
    std::vector<std::uint16_t> to(from.size());
    toHalf(from, to);
    return to;
}

std::vector<float> floatsOf(std::span<const std::uint16_t> from) {
    std::vector<float> to(from.size());
    toFloat(from, to);
    return to;
}

float halfDot(const std::uint16_t* a, const std::uint16_t* b, std::size_t dim) {
    return bestKernels().dot(a, b, dim);
}

} // namespace grappa
