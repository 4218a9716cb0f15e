// What a scan of int8 rows costs beside one of fp16 rows: 100,000 x 768 of the former, 100,000 x 384 of the latter, so
// nearly as many bytes. Both in turn, so that other work on the machine slows both. Run: bench_rows [N]
#include "core/base/row_format.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace grappa;

namespace {

constexpr int rounds = 41;

class Rows {
public:
    Rows(RowFormat format, std::size_t count, std::size_t dim)
        : m_size(rowBytes(format, dim)), m_count(count), m_rows(count * m_size) {
        std::mt19937 random(static_cast<unsigned>(dim));
        std::uniform_real_distribution<float> uniform(-0.1F, 0.1F);
        std::vector<float> vector(dim);
        for (std::size_t i = 0; i < count; ++i) {
            for (float& value : vector)
                value = uniform(random);
            encodeRow(vector, format, m_rows.data() + i * m_size);
        }
        m_query = RowQuery(format, vector);
    }

    /// Milliseconds.
    double scan(HalfPath path) {
        const auto start = std::chrono::steady_clock::now();
        float best = -2;
        for (std::size_t i = 0; i < m_count; ++i)
            best = std::max(best, rowQueryDot(m_query, m_rows.data() + i * m_size, path));
        m_best = best; // somebody wants it
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    }

private:
    std::size_t m_size, m_count;
    std::vector<std::byte> m_rows;
    RowQuery m_query;
    volatile float m_best = 0;
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void compare(std::size_t count, HalfPath path) {
    Rows half(RowFormat::Half, count, 384), int8(RowFormat::Int8, count, 768);
    std::vector<double> ofHalf, ofInt8, ratios;
    for (int round = 0; round < rounds; ++round) {
        ofHalf.push_back(half.scan(path));
        ofInt8.push_back(int8.scan(path));
        ratios.push_back(ofInt8.back() / ofHalf.back());
    }
    constexpr const char* names[] = {"plain", "AVX2", "AVX-512"}; // as in HalfPath
    std::printf("%-7s %8zu rows: fp16 x 384 %8.3f ms, int8 x 768 %8.3f ms, ratio %.2f\n",
                names[static_cast<int>(path)], count, median(ofHalf), median(ofInt8), median(ratios));
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
    for (const HalfPath path : {HalfPath::Portable, HalfPath::Avx2, HalfPath::Avx512}) {
        if (path > bestRowPath()) break;
        compare(count, path);
        compare(1'000, path); // these stay in the processor's cache: what the sums themselves cost
    }
}
