#pragma once

#include <cmath>
#include <cstdint>

namespace grappa {

/// Mixes numbers into one well-spread seed (splitmix64).
constexpr std::uint64_t mixSeed(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
    const auto mix = [](std::uint64_t x) {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    };
    return mix(mix(mix(a) ^ b) ^ c);
}

/// Random numbers that depend on the seed alone, the same on every machine: splitmix64 over a counter. One stream
/// belongs to one thread.
class RandomStream {
public:
    explicit RandomStream(std::uint64_t seed) : m_seed(seed) {}

    std::uint64_t next() { return mixSeed(m_seed, m_count++); }
    /// From [low, high).
    double uniform(double low = 0, double high = 1) {
        return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53;
    }
    /// From [0, count), count >= 1.
    std::int64_t below(std::int64_t count) {
        return static_cast<std::int64_t>(std::floor(uniform(0, static_cast<double>(count))));
    }

private:
    std::uint64_t m_seed;
    std::uint64_t m_count = 0;
};

} // namespace grappa
