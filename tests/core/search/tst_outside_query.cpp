#include "core/search/diffused_set.h"
#include "core/search/outside_query.h"
#include "core/search/set_replacement.h"
#include "search_fixture.h"

#include <QTest>

#include <algorithm>
#include <map>

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

/// The nearest others of rows [n, dim], by hand.
NearestRows nearestOf(std::span<const float> rows) {
    const std::size_t n = rows.size() / dim;
    NearestRows nearest{storedNeighbours, {}, {}};
    for (std::size_t row = 0; row < n; ++row) {
        std::vector<std::pair<float, std::uint32_t>> others;
        for (std::uint32_t other = 0; other < n; ++other)
            if (other != row)
                others.emplace_back(-std::inner_product(rows.begin() + row * dim, rows.begin() + (row + 1) * dim,
                                                        rows.begin() + other * dim, 0.0F),
                                    other);
        std::sort(others.begin(), others.end());
        for (std::size_t i = 0; i < storedNeighbours; ++i) {
            nearest.rows.push_back(others[i].second);
            nearest.cosines.push_back(-others[i].first);
        }
    }
    return nearest;
}

/// A raw set, its whitened one and the diffused one of that, in which the last images are missing still.
struct DerivedLibrary : SearchFixture {
    DerivedLibrary() : SearchFixture(400) {
        EmbeddingSetKey key = set.key;
        key.whitening = "p0.75";
        whitened = library.embeddingSet(key, dim);
        SetReplacement replacement(library, whitened);
        for (std::size_t i = 0; i < 400; ++i)
            replacement.add(std::vector{imageOf(i)}, byHand(vectors.vector(i)));
        replacement.commit({simpleWhitening(), {}}, {});
        diffused = library.embeddingSet(diffusedKey(key), dim);
        diffuse();
    }

    static constexpr std::size_t late = 390; ///< from here on

    void diffuse() {
        const PowerChange change(simpleWhitening(), diffusedPower);
        std::vector<float> points;
        std::vector<ImageId> images;
        for (std::size_t i = 0; i < late; ++i) {
            std::vector<float> point = byHand(vectors.vector(i));
            change.apply(point);
            points.insert(points.end(), point.begin(), point.end());
            images.push_back(imageOf(i));
        }
        const NearestRows nearest = nearestOf(points);
        const Diffusion diffusion(nearest, {});
        std::vector<float> spread = diffusion.spread(points, dim);
        std::vector<Neighbourhood> neighbourhoods(late);
        for (std::size_t i = 0; i < late; ++i) {
            const float* vector = spread.data() + i * dim;
            neighbourhoods[i].length = std::sqrt(std::inner_product(vector, vector + dim, vector, 0.0F));
            neighbourhoods[i].degree = diffusion.degree(i);
            neighbourhoods[i].radius = nearest.cosines[i * storedNeighbours + DiffusionOptions().neighbours - 1];
            for (std::size_t j = 0; j < storedNeighbours; ++j)
                neighbourhoods[i].images.push_back(images[nearest.rows[i * storedNeighbours + j]]);
        }
        normaliseRows(spread, dim);
        library.commitVectors(diffused.id, images, spread);
        library.storeNeighbourhoods(diffused.id, images, neighbourhoods);
    }

    std::vector<float> query(const EmbeddingSet& of, std::span<const float> vector) {
        return outsideQuery(library, of, vector, searchers());
    }
    SearcherOf searchers() {
        return [this](const EmbeddingSet& needed) -> Searcher& {
            return m_searchers.try_emplace(needed.id, library, needed).first->second;
        };
    }

    EmbeddingSet whitened, diffused;

private:
    std::map<EmbeddingSetId, Searcher> m_searchers;
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

    /// Of each half by itself.
    void bothHalvesAreWhitened() {
        const WhiteningRow one = simpleWhitening();
        WhiteningRow both = one;
        for (auto* values : {&both.mean, &both.basis, &both.variances})
            values->insert(values->end(), values->begin(),
                           values->begin() + static_cast<std::ptrdiff_t>(values->size()));
        QCOMPARE(both.halfWidth(), dim);
        std::vector<float> joined;
        for (const std::size_t i : {2, 9})
            joined.insert(joined.end(), m_derived->vectors.vector(i).begin(), m_derived->vectors.vector(i).end());
        const std::vector<float> whitened = whitenedBy(both, joined);
        for (const std::size_t half : {0, 1}) {
            std::vector<float> expected = byHand(m_derived->vectors.vector(half == 0 ? 2 : 9));
            for (float& value : expected)
                value /= std::sqrt(2.0F);
            const auto begin = whitened.begin() + static_cast<std::ptrdiff_t>(half * dim);
            QVERIFY(distance({begin, begin + dim}, expected) < 1e-5F);
        }
    }

    /// From one power to another by scaling alone.
    void thePowerCanBeChanged() {
        WhiteningRow other = simpleWhitening();
        other.power = 0.2;
        const PowerChange change(simpleWhitening(), other.power);
        std::vector<float> vector = byHand(m_derived->vectors.vector(4));
        change.apply(vector);
        QVERIFY(distance(vector, whitenedBy(other, m_derived->vectors.vector(4))) < 1e-5F);
        PowerChange({}, 0.2).apply(vector); // without a whitening there is nothing to change
        QVERIFY(distance(vector, whitenedBy(other, m_derived->vectors.vector(4))) < 1e-5F);
    }

    /// A picture that is in the library and comes from outside too is answered about alike.
    void aDiffusedSetPlacesAQueryAmongItsNeighbours() {
        Searcher searcher(m_derived->library, m_derived->diffused);
        double mean = 0;
        for (std::size_t i = 0; i < 40; ++i) {
            const auto query = m_derived->query(m_derived->diffused, m_derived->vectors.vector(i));
            const auto stored = *searcher.vectorOf(m_derived->imageOf(i));
            mean += std::inner_product(query.begin(), query.end(), stored.begin(), 0.0) / 40;
            QVERIFY(std::abs(std::inner_product(query.begin(), query.end(), query.begin(), 0.0) - 1) < 1e-3);
        }
        QVERIFY2(mean > 0.95, qPrintable(QString::number(mean)));
    }

    void anImageOfTheLibraryIsItsOwnQuery() {
        DerivedLibrary& derived = *m_derived;
        const auto stored = libraryQuery(derived.library, derived.diffused, derived.imageOf(3), derived.searchers());
        QCOMPARE(*stored, *Searcher(derived.library, derived.diffused).vectorOf(derived.imageOf(3)));
        // One that the diffused set has not yet.
        const ImageId late = derived.imageOf(DerivedLibrary::late);
        QVERIFY(!Searcher(derived.library, derived.diffused).vectorOf(late));
        const auto placed = libraryQuery(derived.library, derived.diffused, late, derived.searchers());
        const auto outside = derived.query(derived.diffused, derived.vectors.vector(DerivedLibrary::late));
        const double cosine = std::inner_product(placed->begin(), placed->end(), outside.begin(), 0.0);
        QVERIFY2(cosine > 0.98, qPrintable(QString::number(cosine)));
        QVERIFY(!libraryQuery(derived.library, derived.diffused, 99'999, derived.searchers()));
        QVERIFY(!libraryQuery(derived.library, derived.whitened, 99'999, derived.searchers()));
    }

    void aVectorOfAnotherLengthIsRefused() {
        QVERIFY_EXCEPTION_THROWN(m_derived->query(m_derived->whitened, std::vector<float>(7, 1.0F)), Error);
    }
};

QTEST_APPLESS_MAIN(TestOutsideQuery)
#include "tst_outside_query.moc"
