#include "core/search/diffusion.h"

#include <QTest>

#include <cmath>
#include <numeric>
#include <random>

using namespace grappa;

namespace {

constexpr std::size_t dim = 40;

/// Groups of rows around random directions.
std::vector<float> grouped(const std::vector<std::size_t>& sizes, double noise) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    std::vector<float> rows;
    for (const std::size_t size : sizes) {
        std::vector<float> centre(dim);
        for (float& value : centre)
            value = normal(random);
        for (std::size_t i = 0; i < size; ++i)
            for (const float value : centre)
                rows.push_back(value + static_cast<float>(noise) * normal(random));
    }
    normaliseRows(rows, dim);
    return rows;
}

float product(std::span<const float> rows, std::size_t a, std::size_t b) {
    return std::inner_product(rows.begin() + static_cast<std::ptrdiff_t>(a * dim),
                              rows.begin() + static_cast<std::ptrdiff_t>(a * dim + dim),
                              rows.begin() + static_cast<std::ptrdiff_t>(b * dim), 0.0F);
}

NearestRows nearestOf(std::span<const float> rows, std::size_t count) {
    const std::size_t n = rows.size() / dim;
    NearestRows nearest{count, {}, {}};
    for (std::size_t row = 0; row < n; ++row) {
        std::vector<std::uint32_t> others;
        for (std::uint32_t other = 0; other < n; ++other)
            if (other != row) others.push_back(other);
        std::sort(others.begin(), others.end(), [&](std::uint32_t a, std::uint32_t b) {
            return product(rows, row, a) > product(rows, row, b);
        });
        for (std::size_t i = 0; i < count; ++i) {
            nearest.rows.push_back(i < others.size() ? others[i] : NearestRows::none);
            nearest.cosines.push_back(i < others.size() ? product(rows, row, others[i]) : 0);
        }
    }
    return nearest;
}

} // namespace

class TestDiffusion : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Rows of a group come together whatever its size, and keep away from other groups.
    void groupsOfAnySize() {
        const std::vector<std::size_t> sizes{5, 60, 5};
        const std::vector<float> rows = grouped(sizes, 0.9);
        std::vector<float> spread = Diffusion(nearestOf(rows, 15), {}).spread(rows, dim);
        normaliseRows(spread, dim);
        const auto meanWithin = [](std::span<const float> vectors, std::size_t first, std::size_t count) {
            double sum = 0;
            for (std::size_t a = first; a < first + count; ++a)
                for (std::size_t b = first; b < first + count; ++b)
                    sum += a == b ? 0 : product(vectors, a, b);
            return sum / static_cast<double>(count * (count - 1));
        };
        QVERIFY(meanWithin(spread, 0, 5) > meanWithin(rows, 0, 5) + 0.2);
        QVERIFY(meanWithin(spread, 5, 60) > meanWithin(rows, 5, 60) + 0.2);
        QVERIFY(product(spread, 0, 30) < 0.5F);
        QVERIFY(product(spread, 0, 66) < 0.5F);
    }

    void threadsDoNotMatter() {
        const std::vector<float> rows = grouped({20, 30}, 0.5);
        const Diffusion diffusion(nearestOf(rows, 15), {});
        QCOMPARE(diffusion.spread(rows, dim, 1), diffusion.spread(rows, dim, 3));
    }

    /// Only an edge that both ends have counts.
    void oneSidedNeighboursAreNoEdge() {
        const NearestRows nearest{1, {1, 2, 1}, {0.9F, 0.95F, 0.95F}};
        const Diffusion diffusion(nearest, {.neighbours = 1});
        QVERIFY(diffusion.degree(0) < 1e-5F);
        QVERIFY(std::abs(diffusion.degree(1) - std::pow(0.95F, 4.0F)) < 1e-4F);
    }

    /// A row without neighbours keeps its direction.
    void withoutNeighbours() {
        const NearestRows nearest{1, {NearestRows::none}, {0}};
        std::vector<float> row(dim, 0);
        row[3] = 1;
        std::vector<float> spread = Diffusion(nearest, {}).spread(row, dim);
        normaliseRows(spread, dim);
        QCOMPARE(spread, row);
    }

    void nothing() { QVERIFY(Diffusion(NearestRows{}, {}).spread({}, dim).empty()); }
};

QTEST_APPLESS_MAIN(TestDiffusion)
#include "tst_diffusion.moc"
