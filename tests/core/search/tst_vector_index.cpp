#include "core/search/vector_index.h"
#include "synthetic_vectors.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>
#include <random>
#include <thread>

using namespace grappa;
namespace fs = std::filesystem;

namespace {

std::vector<std::size_t> exactNeighbours(const VectorSegment& segment, const RowQuery& query, std::size_t count) {
    std::vector<std::pair<float, std::size_t>> scores;
    for (std::size_t row = 0; row < segment.size(); ++row)
        scores.emplace_back(-query.dot(segment.row(row)), row);
    std::partial_sort(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(count), scores.end());
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < count; ++i)
        rows.push_back(scores[i].second);
    return rows;
}

/// The share of the exact ten nearest rows that the index finds.
double recall(const VectorIndex& index, const VectorSegment& segment, std::span<const RowQuery> queries,
              std::size_t ef) {
    std::size_t found = 0;
    for (const RowQuery& query : queries) {
        const auto expected = exactNeighbours(segment, query, 10);
        for (const auto& hit : index.search(query, 10, ef))
            found += std::find(expected.begin(), expected.end(), hit.row) != expected.end() ? 1 : 0;
    }
    return static_cast<double>(found) / (10.0 * static_cast<double>(queries.size()));
}

/// Row i of the segment as a query.
RowQuery queryOf(const VectorSegment& segment, std::size_t i, int dim) {
    std::vector<float> vector(static_cast<std::size_t>(dim));
    decodeRow(segment.row(i), segment.format(), vector);
    return {segment.format(), vector};
}

std::string bytesOf(const fs::path& path) {
    std::ifstream input(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(input), {}};
}

} // namespace

class TestVectorIndex : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recallAtFiftyThousand_data() { formats(); }
    void recallAtFiftyThousand() {
        QFETCH(RowFormat, format);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        constexpr std::size_t count = 3'000;
#else
        constexpr std::size_t count = 50'000;
#endif
        constexpr int dim = 384;
        const SyntheticVectors vectors(count + 200, dim);
        const auto segment = save("large.vectors", vectors, count, dim, format);
        VectorIndexOptions options;
        options.efConstruction = 100;
        QElapsedTimer timer;
        timer.start();
        const VectorIndex index = VectorIndex::build(segment, dim, options, {});
        qInfo("built %zu x %d in %.1f s", count, dim, static_cast<double>(timer.restart()) / 1000);
        // The last 200 vectors are of the same clusters, but not in the index.
        std::vector<RowQuery> queries;
        for (std::size_t i = 0; i < 200; ++i)
            queries.emplace_back(format, vectors.vector(count + i));
        const double found = recall(index, *segment, queries, 128);
        qInfo("recall@10 %.4f", found);
        QVERIFY(found >= 0.98);
        const std::string checksum = index.save(path("large.index"));
        timer.restart();
        const VectorIndex loaded = VectorIndex::load(path("large.index"), checksum, segment, dim);
        qInfo("loaded %zu bytes in %lld ms", bytesOf(path("large.index")).size(), timer.elapsed());
        for (std::size_t i = 0; i < 50; ++i) {
            const auto expected = index.search(queries[i], 10, 64);
            const auto hits = loaded.search(queries[i], 10, 64);
            QCOMPARE(hits.size(), expected.size());
            for (std::size_t k = 0; k < hits.size(); ++k) {
                QCOMPARE(hits[k].row, expected[k].row);
                QCOMPARE(hits[k].score, expected[k].score);
                // The index and a scan say the same of a row.
                QVERIFY(std::abs(hits[k].score - queries[i].dot(segment->row(hits[k].row))) < 1e-6F);
            }
        }
    }

    void small_data() {
        QTest::addColumn<int>("count");
        QTest::addColumn<RowFormat>("format");
        for (const int count : {1, 2, 3, 50, 1000}) {
            QTest::addRow("fp16, %d", count) << count << RowFormat::Half;
            QTest::addRow("int8, %d", count) << count << RowFormat::Int8;
        }
    }
    void small() {
        QFETCH(int, count);
        QFETCH(RowFormat, format);
        const auto rows = static_cast<std::size_t>(count);
        const SyntheticVectors vectors(rows, 16);
        const auto segment = save("small.vectors", vectors, rows, 16, format);
        const VectorIndex built = VectorIndex::build(segment, 16, {}, {});
        const std::string checksum = built.save(path("small.index"));
        const VectorIndex index = VectorIndex::load(path("small.index"), checksum, segment, 16);
        for (std::size_t i = 0; i < rows; i += 1 + rows / 20) {
            const auto hits = index.search(queryOf(*segment, i, 16), 5, 100);
            QCOMPARE(hits.size(), std::min<std::size_t>(5, rows));
            QCOMPARE(hits.front().row, i);
            QVERIFY(std::is_sorted(hits.begin(), hits.end(), [](auto& a, auto& b) { return a.score > b.score; }));
        }
        QCOMPARE(index.search(queryOf(*segment, 0, 16), 2 * rows, 1).size(), rows);
    }

    void queriesMustFitTheRows_data() {
        formats();
    }
    void queriesMustFitTheRows() {
        QFETCH(RowFormat, format);
        const SyntheticVectors vectors(50, 16);
        const auto segment = save("fit.vectors", vectors, 50, 16, format);
        const VectorIndex index = VectorIndex::build(segment, 16, {}, {});
        const RowFormat other = format == RowFormat::Half ? RowFormat::Int8 : RowFormat::Half;
        for (const RowQuery& query :
             {RowQuery(other, vectors.vector(0)), RowQuery(format, vectors.vector(0).first(8)), RowQuery()})
            QVERIFY_THROWS_EXCEPTION(Error, index.search(query, 5, 64));
    }

    void equalVectors_data() {
        formats();
    }
    void equalVectors() {
        QFETCH(RowFormat, format);
        SyntheticVectors vectors(300, 16);
        for (std::size_t i = 1; i < 300; ++i)
            std::copy_n(vectors.vector(0).begin(), 16, vectors.floats.begin() + static_cast<std::ptrdiff_t>(16 * i));
        const auto segment = save("equal.vectors", vectors, 300, 16, format);
        const VectorIndex index = VectorIndex::build(segment, 16, {}, {});
        QCOMPARE(index.search(queryOf(*segment, 0, 16), 20, 100).size(), std::size_t{20});
    }

    void groupsOfNearlyEqual_data() {
        QTest::addColumn<RowFormat>("format");
        QTest::addColumn<double>("cosine");
        QTest::addColumn<int>("groups");
        for (const double cosine : {1.0, 0.999, 0.97})
            for (const int groups : {1, 3, 50})
                QTest::addRow("int8, %d of %g", groups, cosine) << RowFormat::Int8 << cosine << groups;
        QTest::newRow("fp16, 3 of 1") << RowFormat::Half << 1.0 << 3;
        QTest::newRow("fp16, 3 of 0.999") << RowFormat::Half << 0.999 << 3;
    }
    /// Most rows in few places, with this cosine between two of one place; the others are found as well as those.
    void groupsOfNearlyEqual() {
        QFETCH(RowFormat, format);
        QFETCH(double, cosine);
        QFETCH(int, groups);
        constexpr int dim = 64;
        constexpr std::size_t size = dim, grouped = 6'000, varied = 2'000, queries = 100;
        SyntheticVectors vectors(grouped + varied + queries, dim, 3, 200);
        const std::vector<float> centres(vectors.floats.begin(), vectors.floats.begin() + groups * dim);
        std::mt19937 random(9);
        std::normal_distribution<double> noise(0, std::sqrt((1 / cosine - 1) / dim));
        for (std::size_t i = 0; i < grouped * size; ++i)
            vectors.floats[i] = centres[i / size * static_cast<std::size_t>(groups) / grouped * size + i % size] +
                                static_cast<float>(noise(random));
        for (std::size_t i = 0; i < grouped; ++i)
            vectors.normalise(i);
        const auto segment = save("groups.vectors", vectors, grouped + varied, dim, format);
        const std::string checksum = VectorIndex::build(segment, dim, {}, {}).save(path("groups.index"));
        const VectorIndex index = VectorIndex::load(path("groups.index"), checksum, segment, dim);

        // By score: of equal rows any is right.
        const auto recallOf = [&](std::size_t vector) {
            const RowQuery query(format, vectors.vector(vector));
            const float tenth = query.dot(segment->row(exactNeighbours(*segment, query, 10).back()));
            const auto hits = index.search(query, 10, 128);
            return 0.1 * static_cast<double>(std::count_if(hits.begin(), hits.end(), [tenth](const auto& hit) {
                       return hit.score >= tenth - 1e-4f;
                   }));
        };
        double outside = 0, inside = 0, worst = 1;
        for (std::size_t i = 0; i < queries; ++i) {
            const double recall = recallOf(grouped + varied + i);
            worst = std::min(worst, recall);
            outside += recall / queries;
            inside += recallOf(i * grouped / queries) / queries;
        }
        qInfo("recall@10 of the others %.3f, at worst %.1f, in a group %.3f", outside, worst, inside);
        QVERIFY(outside >= 0.98);
        QVERIFY(worst >= 0.7);
        QVERIFY(inside >= 0.98);
    }

    void oneThreadIsDeterministic() {
        const SyntheticVectors vectors(800, 16);
        const auto segment = save("once.vectors", vectors, 800, 16);
        VectorIndexOptions options;
        options.threads = 1;
        const auto first = VectorIndex::build(segment, 16, options, {}).save(path("first.index"));
        QCOMPARE(VectorIndex::build(segment, 16, options, {}).save(path("second.index")), first);
    }

    void searchesOnManyThreads_data() {
        formats();
    }
    void searchesOnManyThreads() {
        QFETCH(RowFormat, format);
        const SyntheticVectors vectors(2000, 32);
        const auto segment = save("threads.vectors", vectors, 2000, 32, format);
        VectorIndexOptions options;
        options.threads = 4;
        const VectorIndex index = VectorIndex::build(segment, 32, options, {});
        std::atomic<int> wrong = 0;
        {
            std::vector<std::jthread> threads;
            for (std::size_t thread = 0; thread < 4; ++thread)
                threads.emplace_back([&, thread] {
                    for (std::size_t i = thread; i < 400; i += 4)
                        if (index.search(queryOf(*segment, i, 32), 5, 64).front().row != i) ++wrong;
                });
        }
        QVERIFY(wrong <= 4);
    }

    void stops() {
        const SyntheticVectors vectors(20'000, 64);
        const auto segment = save("stop.vectors", vectors, 20'000, 64);
        std::stop_source source;
        std::optional<ErrorCode> code;
        QElapsedTimer sinceStop;
        std::jthread stopping([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            sinceStop.start();
            source.request_stop();
        });
        try {
            VectorIndex::build(segment, 64, {}, {source.get_token(), {}});
        } catch (const Error& error) {
            code = error.code();
        }
        stopping.join();
        QCOMPARE(code, ErrorCode::Interrupted);
        QVERIFY(sinceStop.elapsed() < 1000);
    }

    void damagedFilesAreRefused_data() {
        QTest::addColumn<bool>("checksumFits");
        QTest::newRow("as damage happens") << false;
        QTest::newRow("with a checksum that was made to fit") << true;
    }
    void damagedFilesAreRefused() {
        QFETCH(bool, checksumFits);
        const SyntheticVectors vectors(500, 16);
        const auto segment = save("damage.vectors", vectors, 500, 16);
        const std::string checksum = VectorIndex::build(segment, 16, {}, {}).save(path("good.index"));
        const std::string good = bytesOf(path("good.index"));
        std::mt19937 random(5);
        int refused = 0;
        constexpr int tries = 500;
        for (int i = 0; i < tries; ++i) {
            std::string bytes = good;
            if (i % 5 == 0)
                bytes.resize(random() % good.size());
            else
                // The header whole, the rest by sample.
                bytes[i < 100 ? static_cast<std::size_t>(i) % 80 : random() % good.size()] ^=
                    static_cast<char>(1 << random() % 8);
            saveFile(path("bad.index"), std::as_bytes(std::span(bytes)));
            const std::string claimed = checksumFits ? hashBytes(std::as_bytes(std::span(bytes))).hex() : checksum;
            try {
                // With a forged checksum some changes are just another graph; none may crash the search.
                VectorIndex::load(path("bad.index"), claimed, segment, 16).search(queryOf(*segment, 0, 16), 10, 64);
            } catch (const Error& error) {
                QCOMPARE(error.code(), ErrorCode::Corrupt);
                ++refused;
            }
        }
        if (!checksumFits) QCOMPARE(refused, tries);
        QVERIFY(refused > tries / 5);
    }

    void belongsToItsSegment() {
        const auto segment = save("one.vectors", SyntheticVectors(50, 16, 1), 50, 16);
        const auto other = save("two.vectors", SyntheticVectors(50, 16, 2), 50, 16);
        const std::string checksum = VectorIndex::build(segment, 16, {}, {}).save(path("one.index"));
        std::optional<ErrorCode> code;
        try {
            VectorIndex::load(path("one.index"), checksum, other, 16);
        } catch (const Error& error) {
            code = error.code();
        }
        QCOMPARE(code, ErrorCode::Corrupt);
    }

private:
    fs::path path(const char* name) const {
        return m_folder.filePath(QString::fromLatin1(name)).toStdString();
    }

    static void formats() {
        QTest::addColumn<RowFormat>("format");
        QTest::newRow("fp16") << RowFormat::Half;
        QTest::newRow("int8") << RowFormat::Int8;
    }

    std::shared_ptr<const VectorSegment> save(const char* name, const SyntheticVectors& vectors, std::size_t count,
                                              int dim, RowFormat format = RowFormat::Half) const {
        const auto checksum = VectorSegment::save(path(name), "model", dim, format, SyntheticVectors::oddIds(count),
                                                  vectors.rows(format, count));
        return std::make_shared<VectorSegment>(path(name), checksum, "model", dim, format);
    }

    QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestVectorIndex)
#include "tst_vector_index.moc"
