#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace grappa {

/// fp16 bits <-> float, round to nearest even. Uses F16C where the CPU has it; the results are the same without.
void toHalf(std::span<const float> from, std::span<std::uint16_t> to);
void toFloat(std::span<const std::uint16_t> from, std::span<float> to);
std::vector<std::uint16_t> halvesOf(std::span<const float> from);
std::vector<float> floatsOf(std::span<const std::uint16_t> from);

/// Inner product of two fp16 vectors, accumulated in float; AVX2 + F16C or AVX-512 where the CPU has them, chosen at
/// run time.
float halfDot(const std::uint16_t* a, const std::uint16_t* b, std::size_t dim);

/// The ways to compute the above; `best` is what the CPU has. For tests and benchmarks.
enum class HalfPath { Portable, Avx2, Avx512 };
HalfPath bestHalfPath();
void toHalf(std::span<const float> from, std::span<std::uint16_t> to, HalfPath path);
void toFloat(std::span<const std::uint16_t> from, std::span<float> to, HalfPath path);
float halfDot(const std::uint16_t* a, const std::uint16_t* b, std::size_t dim, HalfPath path);

} // namespace grappa
