#include "core/search/level_groups.h"
#include "search_fixture.h"

#include <QTest>

#include <map>
#include <optional>
#include <set>

using namespace grappa;

namespace {

constexpr std::size_t imageCount = 900;
constexpr std::size_t dim = SearchFixture::dim;
constexpr std::int64_t k = 12;

/// Vector i * 30 is the centroid of cluster i, cluster 11 is empty, the last 50 images have no cluster number yet.
struct GroupedLibrary : SearchFixture {
    explicit GroupedLibrary(const std::string& descriptor = "class") : SearchFixture(600, 300, descriptor) {
        seal(false);
        commit(library, 600, 300);
        LevelRow level;
        level.k = k;
        std::vector<ImageId> ids;
        std::vector<std::uint32_t> clusters;
        for (std::size_t c = 0; c < k; ++c)
            level.centroids.insert(level.centroids.end(), vectors.row(c * 30), vectors.row(c * 30) + dim);
        for (std::size_t i = 0; i < imageCount - 50; ++i) {
            ids.push_back(imageOf(i));
            clusters.push_back(static_cast<std::uint32_t>(i % 7 % (k - 1)));
            members[clusters.back()].push_back(i);
        }
        library.storeLevels(set.id, std::vector{level}, ids, clusters);
    }

    float product(std::size_t image, std::uint32_t cluster) const {
        return rowHalfDot(rowFormat(set.key), rowOf(image).data(), vectors.row(cluster * 30), dim);
    }

    std::map<std::uint32_t, std::vector<std::size_t>> members;
};

} // namespace

class TestLevelGroups : public QObject {
    Q_OBJECT

    std::unique_ptr<GroupedLibrary> m_grouped, m_int8;

private Q_SLOTS:
    void initTestCase() {
        m_grouped = std::make_unique<GroupedLibrary>();
        m_int8 = std::make_unique<GroupedLibrary>("class+patches");
    }

    void groupsAreTheClustersLargestFirst_data() { SearchFixture::descriptorData(); }
    void groupsAreTheClustersLargestFirst() {
        QFETCH(std::string, descriptor);
        GroupedLibrary& fixture = descriptor == "class" ? *m_grouped : *m_int8;
        const Searcher searcher(fixture.library, fixture.set);
        const auto groups = levelGroups(fixture.library, searcher, k, 4);
        QCOMPARE(groups.size(), fixture.members.size());
        std::uint64_t before = UINT64_MAX;
        for (const LevelGroup& group : groups) {
            QCOMPARE(group.size, fixture.members.at(group.cluster).size());
            QVERIFY(group.size <= before);
            before = group.size;
            // By hand: no other member is nearer to the centroid than the last that is named.
            QCOMPARE(group.images.size(), std::size_t{4});
            std::vector<float> products;
            for (const std::size_t i : fixture.members.at(group.cluster))
                products.push_back(fixture.product(i, group.cluster));
            std::sort(products.rbegin(), products.rend());
            for (std::size_t i = 0; i < group.images.size(); ++i) {
                const auto& of = fixture.members.at(group.cluster);
                const auto at = std::find_if(of.begin(), of.end(), [&](std::size_t member) {
                    return fixture.imageOf(member) == group.images[i];
                });
                QVERIFY(at != of.end());
                QCOMPARE(fixture.product(*at, group.cluster), products[i]);
            }
        }
    }

    void oneGroupHasAllItsImages() {
        GroupedLibrary& fixture = *m_grouped;
        const Searcher searcher(fixture.library, fixture.set);
        const LevelGroup group = levelGroup(fixture.library, searcher, k, 3);
        QCOMPARE(group.images.size(), fixture.members.at(3).size());
        QCOMPARE(group.size, group.images.size());
        for (const LevelGroup& other : levelGroups(fixture.library, searcher, k, 4))
            if (other.cluster == 3) QVERIFY(std::equal(other.images.begin(), other.images.end(), group.images.begin()));
        QVERIFY(levelGroup(fixture.library, searcher, k, 11).images.empty());
        QVERIFY(levelGroup(fixture.library, searcher, k, 99).images.empty());
    }

    void onlyTheImagesThatPassAreCounted() {
        GroupedLibrary& fixture = *m_grouped;
        const Searcher searcher(fixture.library, fixture.set);
        ImageFilter filter;
        filter.format = "png"; // every tenth
        const auto among = fixture.library.imageIds(filter);
        std::uint64_t counted = 0;
        for (const LevelGroup& group : levelGroups(fixture.library, searcher, k, 1'000, &among)) {
            QCOMPARE(group.images.size(), group.size);
            counted += group.size;
            for (const ImageId image : group.images)
                QVERIFY(std::binary_search(among.begin(), among.end(), image));
        }
        QCOMPARE(counted, (imageCount - 50) / 10);
    }

    void aLevelThatIsNotThereIsRefused() {
        GroupedLibrary& fixture = *m_grouped;
        const Searcher searcher(fixture.library, fixture.set);
        QVERIFY_EXCEPTION_THROWN(levelGroups(fixture.library, searcher, 5, 4), Error);
    }

    void resultsSayWhetherTheyAreInTheGroupOfTheQuery_data() { SearchFixture::descriptorData(); }
    void resultsSayWhetherTheyAreInTheGroupOfTheQuery() {
        QFETCH(std::string, descriptor);
        GroupedLibrary& fixture = descriptor == "class" ? *m_grouped : *m_int8;
        Searcher searcher(fixture.library, fixture.set);
        constexpr std::uint32_t cluster = 3;
        const auto query = fixture.vectors.vector(cluster * 30); // its centroid
        std::set<ImageId> members;
        for (const std::size_t i : fixture.members.at(cluster))
            members.insert(fixture.imageOf(i));
        SearchOptions options;
        options.limit = imageCount;
        options.level = k;
        const auto found = searcher.search(query, options);
        QCOMPARE(found.size(), imageCount);
        for (const Neighbour& neighbour : found)
            QCOMPARE(neighbour.inGroup, members.contains(neighbour.image));
        options.level.reset();
        for (const Neighbour& neighbour : searcher.search(query, options))
            QVERIFY(!neighbour.inGroup);
    }

    void theBorderOfTheGroupIsFound_data() {
        QTest::addColumn<QString>("results"); // best first, g = in the group
        QTest::addColumn<std::optional<std::size_t>>("border");
        const auto at = [](std::size_t border) { return std::optional(border); };
        const std::optional<std::size_t> none;
        QTest::newRow("no results") << "" << none;
        QTest::newRow("all in it") << "ggg" << none;
        QTest::newRow("none in it") << "---" << none;
        QTest::newRow("a clean border") << "gggg---" << at(4);
        QTest::newRow("one alone") << "g----" << at(1);
        QTest::newRow("some on the wrong side") << "ggg-gg--g----" << at(6);
        QTest::newRow("one far behind") << "gggg-------g" << at(4);
        QTest::newRow("another one first") << "-ggg--" << at(4);
        QTest::newRow("the border is the end") << "gg-gg" << none;
    }
    void theBorderOfTheGroupIsFound() {
        QFETCH(QString, results);
        QFETCH(std::optional<std::size_t>, border);
        std::vector<Neighbour> neighbours;
        for (const QChar each : results)
            neighbours.push_back({.image = 1, .score = 0.5F, .inGroup = each == 'g'});
        QCOMPARE(groupBorder(neighbours), border);
    }

    void typicalGroupsAreSpreadOverTheImages_data() {
        QTest::addColumn<std::vector<std::uint64_t>>("sizes");
        QTest::addColumn<std::vector<std::uint64_t>>("typical");
        using Sizes = std::vector<std::uint64_t>;
        QTest::newRow("none") << Sizes{} << Sizes{};
        QTest::newRow("one") << Sizes{9} << Sizes{9};
        QTest::newRow("two") << Sizes{9, 1} << Sizes{9};
        QTest::newRow("equal") << Sizes{4, 4, 4} << Sizes{4, 4, 4};
        QTest::newRow("many") << Sizes{30, 20, 10, 10, 10, 10, 5, 5} << Sizes{30, 10, 10};
    }
    void typicalGroupsAreSpreadOverTheImages() {
        QFETCH(std::vector<std::uint64_t>, sizes);
        QFETCH(std::vector<std::uint64_t>, typical);
        std::vector<LevelGroup> groups;
        for (const std::uint64_t size : sizes)
            groups.push_back({.cluster = static_cast<std::uint32_t>(groups.size()), .size = size, .images = {}});
        std::vector<std::uint64_t> found;
        for (const LevelGroup& group : typicalGroups(groups, 3))
            found.push_back(group.size);
        QCOMPARE(found, typical);
    }
};

QTEST_APPLESS_MAIN(TestLevelGroups)
#include "tst_level_groups.moc"
