#include "core/search/outside_query.h"
#include "core/search/set_replacement.h"
#include "core/search/smoothing.h"
#include "search_fixture.h"

#include <QTest>

using namespace grappa;

namespace {

constexpr std::size_t dim = SearchFixture::dim;

std::vector<float> normalised(std::vector<float> values) {
    const float norm = std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0F));
    for (float& value : values)
        value /= norm;
    return values;
}

/// No more than a shift and a scale of each dimension, in reverse order, so that it can be checked by hand.
WhiteningRow simpleWhitening() {
    WhiteningRow row{std::vector<float>(dim), std::vector<float>(dim * dim), std::vector<float>(dim), 0.75, 10};
    for (std::size_t i = 0; i < dim; ++i) {
        row.mean[i] = 0.01F * static_cast<float>(i);
        row.basis[i * dim + (dim - 1 - i)] = 1;
        row.variances[i] = 1.0F / static_cast<float>(1 + i);
    }
    return row;
}

std::vector<float> byHand(std::span<const float> vector) {
    const WhiteningRow row = simpleWhitening();
    const std::vector<float> unit = normalised({vector.begin(), vector.end()});
    const float mean = std::accumulate(row.variances.begin(), row.variances.end(), 0.0F) / dim;
    std::vector<float> result(dim);
    for (std::size_t i = 0; i < dim; ++i) {
        const std::size_t to = dim - 1 - i;
        result[to] = (unit[i] - row.mean[i]) * std::pow(0.95F * row.variances[to] + 0.05F * mean, -0.375F);
    }
    return normalised(result);
}

float distance(const std::vector<float>& a, const std::vector<float>& b) {
    float most = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(a[i] - b[i]));
    return most;
}

/// A raw set, its whitened one and the smoothed one of that.
struct DerivedLibrary : SearchFixture {
    DerivedLibrary() : SearchFixture(400) {
        EmbeddingSetKey key = set.key;
        key.whitening = "p0.75";
        whitened = library.embeddingSet(key, dim);
        SetReplacement replacement(library, whitened);
        for (std::size_t i = 0; i < 400; ++i)
            replacement.add(std::vector{imageOf(i)}, byHand(vectors.vector(i)));
        replacement.commit(simpleWhitening(), {});
        smoothed = library.embeddingSet(smoothedKey(key), dim);
    }

    std::vector<float> query(const EmbeddingSet& of, std::span<const float> vector) {
        std::optional<Searcher> searcher;
        return outsideQuery(library, of, vector,
                            [&](const EmbeddingSet& needed) -> Searcher& { return searcher.emplace(library, needed); });
    }

    EmbeddingSet whitened, smoothed;
};

} // namespace

class TestOutsideQuery : public QObject {
    Q_OBJECT

    std::unique_ptr<DerivedLibrary> m_derived;

private Q_SLOTS:
    void initTestCase() { m_derived = std::make_unique<DerivedLibrary>(); }

    void aRawSetTakesTheVectorAsItIs() {
        const auto vector = m_derived->vectors.vector(3);
        QCOMPARE(m_derived->query(m_derived->set, vector), std::vector<float>(vector.begin(), vector.end()));
    }

    void aWhitenedSetHoldsTheSameVector() {
        const Searcher searcher(m_derived->library, m_derived->whitened);
        for (const std::size_t i : {0, 7, 399}) {
            std::vector<float> longer; // the length does not matter
            for (const float value : m_derived->vectors.vector(i))
                longer.push_back(3 * value);
            const auto query = m_derived->query(m_derived->whitened, longer);
            QVERIFY(distance(query, byHand(m_derived->vectors.vector(i))) < 1e-5F);
            QVERIFY(distance(query, *searcher.vectorOf(m_derived->imageOf(i))) < 1e-3F); // fp16
        }
    }

    void aSmoothedSetTakesTheMeanOfTheNeighbours() {
        Searcher searcher(m_derived->library, m_derived->whitened);
        const auto vector = m_derived->vectors.vector(5);
        QVERIFY(distance(m_derived->query(m_derived->smoothed, vector), smoothedVector(searcher, byHand(vector))) <
                1e-5F);
    }

    void aVectorOfAnotherLengthIsRefused() {
        QVERIFY_EXCEPTION_THROWN(m_derived->query(m_derived->whitened, std::vector<float>(7, 1.0F)), Error);
    }
};

QTEST_APPLESS_MAIN(TestOutsideQuery)
#include "tst_outside_query.moc"
