#include "core/jobs/collection_answers.h"
#include "core/jobs/derived_sets.h"
#include "core/jobs/diffusion_job.h"
#include "core/jobs/stored_vectors.h"
#include "core/model/whitening.h"
#include "core/search/diffused_set.h"
#include "core/search/outside_query.h"
#include "core/search/stored_whitening.h"
#include "core/training/kmeans.h"
#include "core/training/levels.h"
#include "tests/core/search/search_fixture.h"

#include <QTest>

using namespace grappa;

namespace {

std::optional<ErrorCode> errorOf(const std::function<void()>& work) {
    try {
        work();
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

EmbeddingSetKey whitenedKey(const SearchFixture& fixture) {
    EmbeddingSetKey key = fixture.set.key;
    key.whitening = "p0.5";
    return key;
}

WhitenedBaseOptions withPrior(int dim) {
    torch::manual_seed(8);
    const auto spread = torch::randn({dim, dim}, torch::kDouble);
    WhitenedBaseOptions options;
    options.prior.emplace();
    options.prior->classCovariance = spread.matmul(spread.t()) / dim;
    return options;
}

bool normalised(const torch::Tensor& rows) {
    return torch::allclose(rows.norm(2, 1), torch::ones({rows.size(0)}), 2e-3, 2e-3); // fp16
}

} // namespace

class TestDerivedSets : public QObject {
    Q_OBJECT

    static void diffusedSets() {
        QTest::addColumn<std::string>("descriptor");
        QTest::addColumn<int>("width");
        QTest::newRow("fp16") << std::string(classAlone) << SearchFixture::dim;
        QTest::newRow("int8") << std::string(withPatches) << SearchFixture::dim;
        QTest::newRow("int8, along axes") << std::string(withPatches) << diffusedDim + 64;
    }

private Q_SLOTS:
    void whitenedBaseIsTheWhiteningOfTheBase() {
        SearchFixture fixture(600);
        const EmbeddingSet set = whitenBase(fixture.library, fixture.set, {}, {});
        QVERIFY(set.key == whitenedKey(fixture));
        QCOMPARE(set.vectors, 600u);
        QCOMPARE(set.computedImages, 600u);
        const auto raw = storedVectors(fixture.library, fixture.set);
        const auto stored = storedVectors(fixture.library, set);
        QCOMPARE(stored.images, raw.images);
        QVERIFY(normalised(stored.vectors));
        const auto expected = torch::nn::functional::normalize(Whitening::fit(raw.vectors, 0.5).apply(raw.vectors));
        QVERIFY(torch::allclose(stored.vectors, expected, 1e-2, 2e-3));
        // A query from outside is mapped the same way.
        const auto query = whitenedBy(*fixture.library.whitening(set.id), fixture.vectors.vector(5));
        QVERIFY(torch::allclose(torch::tensor(query), stored.vectors[5], 1e-2, 2e-3));
        QVERIFY(fixture.library.verify(true).empty());
    }

    /// With a prior a fit of few images is a blend, from one image on.
    void whitenedBaseIsBlendedWithThePrior_data() {
        QTest::addColumn<int>("images");
        for (const int images : {1, 2, 50})
            QTest::addRow("%d", images) << images;
    }
    void whitenedBaseIsBlendedWithThePrior() {
        QFETCH(const int, images);
        SearchFixture fixture(static_cast<std::size_t>(images));
        const WhitenedBaseOptions options = withPrior(fixture.set.dim);
        const EmbeddingSet set = whitenBase(fixture.library, fixture.set, options, {});
        QCOMPARE(set.vectors, static_cast<std::uint64_t>(images));
        const auto raw = storedVectors(fixture.library, fixture.set);
        const auto expected = torch::nn::functional::normalize(
            Whitening::fitBlended(raw.vectors, options.prior->classCovariance, 0.5).apply(raw.vectors));
        QVERIFY(torch::allclose(storedVectors(fixture.library, set).vectors, expected, 1e-2, 2e-3));
    }

    /// What was whitened without a prior is renewed with its levels and what was diffused, and goes.
    void whitenedWithoutAPriorIsRenewed() {
        SearchFixture fixture(200);
        LevelsOptions levels;
        levels.granularities = {5};
        const EmbeddingSet old = deriveFromBase(fixture.library, fixture.set, {}, levels, {});
        const EmbeddingSet renewed =
            deriveFromBase(fixture.library, fixture.set, withPrior(fixture.set.dim), levels, {});
        QVERIFY(renewed.key != old.key);
        QVERIFY(!fixture.library.findEmbeddingSet(old.key));
        QVERIFY(!fixture.library.findEmbeddingSet(diffusedKey(old.key)));
        QCOMPARE(fixture.library.findEmbeddingSet(diffusedKey(renewed.key))->vectors, 200u);
        QCOMPARE(fixture.library.levels(renewed.id).size(), 1u);
        QVERIFY(fixture.library.verify(true).empty());
    }

    void laterImagesGetTheStoredWhitening() {
        SearchFixture fixture(300, 400);
        const EmbeddingSet set = whitenBase(fixture.library, fixture.set, {}, {});
        const auto whitening = fixture.library.whitening(set.id);
        fixture.commit(fixture.library, 300, 100);
        whitenBase(fixture.library, *fixture.library.findEmbeddingSet(fixture.set.key), {}, {});
        QCOMPARE(fixture.library.findEmbeddingSet(set.key)->vectors, 400u);
        QCOMPARE(fixture.library.whitening(set.id)->basis, whitening->basis);
        Searcher searcher(fixture.library, set);
        QVERIFY(torch::allclose(torch::tensor(*searcher.vectorOf(fixture.imageOf(350))),
                                torch::tensor(whitenedBy(*whitening, fixture.vectors.vector(350))), 1e-2, 2e-3));

        // Twice as many: fitted again.
        fixture.commit(fixture.library, 400, 300);
        whitenBase(fixture.library, *fixture.library.findEmbeddingSet(fixture.set.key), {}, {});
        QVERIFY(fixture.library.whitening(set.id)->basis != whitening->basis);
        QCOMPARE(fixture.library.findEmbeddingSet(set.key)->vectors, 700u);
        QVERIFY(fixture.library.verify(true).empty());
    }

    void aWhiteningNeedsImages() {
        SearchFixture fixture(1);
        QCOMPARE(errorOf([&] { whitenBase(fixture.library, fixture.set, {}, {}); }), ErrorCode::Usage);
    }

    void levelsAreStored() {
        SearchFixture fixture(800);
        LevelsOptions options;
        options.granularities = {64, 8, 64, 16};
        const auto all = storedVectors(fixture.library, fixture.set);
        options.copies = [&](const EmbeddingSet&, std::span<const ImageId> images, const JobContext&) {
            return AlteredCopies{all.vectors.narrow(0, 0, 50), {images.begin(), images.begin() + 50}};
        };
        computeLevels(fixture.library, fixture.set, options, {});
        const auto levels = fixture.library.levels(fixture.set.id);
        QCOMPARE(levels.size(), std::size_t{3});
        QCOMPARE(levels[0].k, 8);
        QCOMPARE(levels[2].k, 64);
        for (const LevelRow& level : levels) {
            QCOMPARE(level.images, 800u);
            QVERIFY(level.overlapRaw > 0 && level.overlapRaw <= 1);
            QVERIFY(level.shown == (level.overlapFiner < 0.9));
            // The copies here are the images themselves: the same vector, the same cluster.
            QVERIFY(level.copyFirst > 0.99);
            QCOMPARE(fixture.library.clusterNumbers(fixture.set.id, level.k).images.size(), std::size_t{800});
        }
        QVERIFY(fixture.library.verify(true).empty());

        // By hand, for the finest.
        const auto finest = fixture.library.level(fixture.set.id, 64);
        auto centroids = torch::empty({64, SearchFixture::dim});
        toFloat(finest->centroids, {centroids.data_ptr<float>(), finest->centroids.size()});
        const auto assignment = nearestCentroid(all.vectors, centroids);
        const auto numbers = fixture.library.clusterNumbers(fixture.set.id, 64).clusters;
        for (std::size_t i = 0; i < numbers.size(); ++i)
            QCOMPARE(static_cast<std::int64_t>(numbers[i]),
                     assignment[static_cast<std::int64_t>(i)].item<std::int64_t>());
        const double overlap = neighbourOverlap(nearestNeighbours(levelBlend(all.vectors, centroids, assignment), 20),
                                                nearestNeighbours(all.vectors, 20));
        QVERIFY(std::abs(finest->overlapRaw - overlap) < 1e-9);
        QVERIFY(finest->overlapFiner == finest->overlapRaw);

        // A search at the level finds them.
        Searcher searcher(fixture.library, fixture.set);
        SearchOptions search;
        search.level = 16;
        QCOMPARE(searcher.search(fixture.vectors.vector(9), search).front().image, fixture.imageOf(9));
    }

    void levelsThatAreAlikeAreNotShown() {
        // Every image is a cluster of its own: the level is the vectors themselves.
        SearchFixture fixture(100);
        LevelsOptions options;
        options.granularities = {100, 99, 5};
        computeLevels(fixture.library, fixture.set, options, {});
        const auto levels = fixture.library.levels(fixture.set.id);
        QVERIFY(!levels[2].shown && !levels[1].shown);
        QVERIFY(levels[0].shown);
        // Compared with the finest stop that is shown: the vectors themselves.
        QCOMPARE(levels[0].overlapFiner, levels[0].overlapRaw);
    }

    void smallSets_data() {
        QTest::addColumn<int>("images");
        QTest::addColumn<int>("levels");
        QTest::newRow("none") << 0 << 0;
        QTest::newRow("one") << 1 << 0;
        QTest::newRow("seven") << 7 << 0;
        QTest::newRow("eight") << 8 << 1;
    }
    void smallSets() {
        QFETCH(int, images);
        QFETCH(int, levels);
        SearchFixture fixture(static_cast<std::size_t>(images));
        deriveFrom(fixture.library, fixture.set, {}, {});
        QCOMPARE(fixture.library.levels(fixture.set.id).size(), static_cast<std::size_t>(levels));
        QCOMPARE(fixture.library.findEmbeddingSet(diffusedKey(fixture.set.key))->vectors,
                 static_cast<std::uint64_t>(images));
        QVERIFY(fixture.library.verify(true).empty());
        LevelsOptions tooMany;
        tooMany.granularities = {images + 1};
        QCOMPARE(errorOf([&] { deriveFrom(fixture.library, fixture.set, tooMany, {}); }), ErrorCode::Usage);
    }

    void levelsFollowLaterImages() {
        SearchFixture fixture(300, 400);
        LevelsOptions options;
        options.granularities = {5, 20};
        options.beta = 0.25;
        computeLevels(fixture.library, fixture.set, options, {});
        const auto centroids = fixture.library.level(fixture.set.id, 5)->centroids;
        fixture.commit(fixture.library, 300, 100);
        updateLevels(fixture.library, fixture.set, {});
        QVERIFY(fixture.library.imagesWithoutClusters(fixture.set.id).empty());
        QCOMPARE(fixture.library.level(fixture.set.id, 5)->centroids, centroids);
        QCOMPARE(fixture.library.levels(fixture.set.id)[0].images, 300u);
        QVERIFY(fixture.library.verify(true).empty());

        fixture.commit(fixture.library, 400, 300);
        updateLevels(fixture.library, fixture.set, {});
        QVERIFY(fixture.library.imagesWithoutClusters(fixture.set.id).empty());
        QVERIFY(fixture.library.level(fixture.set.id, 5)->centroids != centroids);
        QCOMPARE(fixture.library.levels(fixture.set.id)[0].images, 700u);
        QCOMPARE(fixture.library.levels(fixture.set.id)[0].beta, 0.25);
    }

    /// What the library holds is what the same images give in memory (collectionAnswers()), [class] vectors and joined
    /// ones alike.
    void diffusedSetEqualsTheMatrixForm_data() { diffusedSets(); }
    void diffusedSetEqualsTheMatrixForm() {
        QFETCH(const std::string, descriptor);
        QFETCH(const int, width);
        SearchFixture fixture(400, 0, descriptor, width);
        WhitenedBaseOptions options = withPrior(descriptor == withPatches ? width / 2 : width);
        options.prior->halfCovariance = options.prior->classCovariance;
        const EmbeddingSet plain = whitenBase(fixture.library, fixture.set, options, {});
        const EmbeddingSet set = computeDiffused(fixture.library, plain, {});
        QCOMPARE(set.dim, std::min(width, diffusedDim));
        const CollectionAnswers answers =
            collectionAnswers(storedVectors(fixture.library, fixture.set).vectors, *options.prior);
        const auto cosines = [&](const EmbeddingSet& of, const torch::Tensor& expected) {
            return (storedVectors(fixture.library, of).vectors * expected).sum(1);
        };
        const double worst = cosines(plain, answers.plain).min().item<double>();
        QVERIFY2(worst > (descriptor == withPatches ? 0.99 : 0.998), qPrintable(QString::number(worst))); // int8 of 32
        // A near tie may fall the other way once the vectors are rounded, and then some edges differ.
        if (width <= diffusedDim) // else along axes whose signs and order are free
            QVERIFY((cosines(set, answers.click) > 0.99).to(torch::kDouble).mean().item<double>() > 0.97);
        const auto stored = storedVectors(fixture.library, set).vectors;
        const auto difference = (stored.mm(stored.t()) - answers.click.mm(answers.click.t())).abs();
        QVERIFY2(difference.mean().item<double>() < 0.01,
                 qPrintable(QString::number(difference.mean().item<double>())));

        const ImageId image = fixture.imageOf(7);
        const Neighbourhood neighbourhood = *fixture.library.neighbourhood(set.id, image);
        QCOMPARE(neighbourhood.images.size(), storedNeighbours);
        QVERIFY(std::find(neighbourhood.images.begin(), neighbourhood.images.end(), image) ==
                neighbourhood.images.end());
        QVERIFY(neighbourhood.length > 0 && neighbourhood.length <= 1.5F && neighbourhood.degree > 0);
        QVERIFY(fixture.library.verify(true).empty());
    }

    /// Some that come later take their place among those that are there, about where they would be if all had come at
    /// once; those that are there stay.
    void diffusedSetFollowsLaterImages_data() { diffusedSets(); }
    void diffusedSetFollowsLaterImages() {
        QFETCH(const std::string, descriptor);
        QFETCH(const int, width);
        SearchFixture fixture(400, 100, descriptor, width);
        updateDiffused(fixture.library, fixture.set, {});
        const EmbeddingSet set = *fixture.library.findEmbeddingSet(diffusedKey(fixture.set.key));
        const auto before = storedVectors(fixture.library, set);
        fixture.commit(fixture.library, 400, 20);
        updateDiffused(fixture.library, fixture.set, {});
        EmbeddingSet now = *fixture.library.findEmbeddingSet(set.key);
        QCOMPARE(now.vectors, 420u);
        QCOMPARE(now.computedImages, 400u);
        const auto local = storedVectors(fixture.library, now).vectors;
        QVERIFY(torch::equal(local.narrow(0, 0, 400), before.vectors));
        const ImageId late = fixture.imageOf(410);
        const std::vector<ImageId> near = fixture.library.neighbourhood(set.id, late)->images;
        QCOMPARE(near.size(), storedNeighbours);
        // Who is near it knows it as well.
        const auto known = fixture.library.neighbourhood(set.id, near.front())->images;
        QVERIFY(std::find(known.begin(), known.end(), late) != known.end());
        const auto whole = storedVectors(fixture.library, computeDiffused(fixture.library, fixture.set, {})).vectors;
        // The axes of the whole are others: what is compared is who is near whom.
        const auto late20 = [](const torch::Tensor& rows) { return rows.narrow(0, 400, 20).mm(rows.t()); };
        const auto agreement = torch::cosine_similarity(late20(whole), late20(local), 1);
        QVERIFY2(agreement.mean().item<double>() > 0.9, qPrintable(QString::number(agreement.mean().item<double>())));

        // Now more than a tenth of it.
        fixture.commit(fixture.library, 420, 50);
        updateDiffused(fixture.library, fixture.set, {});
        now = *fixture.library.findEmbeddingSet(set.key);
        QCOMPARE(now.vectors, 470u);
        QCOMPARE(now.computedImages, 470u);
        QVERIFY(fixture.library.verify(true).empty());
    }

    /// The parts of long pictures are whitened and diffused like pictures, those that come later too, and again when
    /// the whitening is fitted anew.
    void partsFollow() {
        SearchFixture fixture(200, 203, withPatches);
        const int half = fixture.set.dim / 2;
        WhitenedBaseOptions options = withPrior(half);
        options.prior->halfCovariance = options.prior->classCovariance;
        const auto store = [&](std::size_t image, std::size_t vector) {
            fixture.library.storeParts(fixture.set.id,
                                       std::vector{PartVector{fixture.imageOf(image), 0, fixture.rowOf(vector)}});
        };
        const auto check = [&](std::size_t image, std::size_t vector) {
            const EmbeddingSet plain =
                whitenBase(fixture.library, *fixture.library.findEmbeddingSet(fixture.set.key), options, {});
            updateDiffused(fixture.library, plain, {});
            const EmbeddingSet diffused = *fixture.library.findEmbeddingSet(diffusedKey(plain.key));
            std::optional<Searcher> plainSearcher, diffusedSearcher;
            const SearcherOf searcherOf = [&](const EmbeddingSet& set) -> Searcher& {
                auto& searcher = set.id == plain.id ? plainSearcher : diffusedSearcher;
                return searcher ? *searcher : searcher.emplace(fixture.library, set);
            };
            for (const EmbeddingSet& set : {plain, diffused}) {
                const auto query = outsideQuery(fixture.library, set, fixture.vectors.vector(vector), searcherOf);
                const Neighbour best = searcherOf(set).search(query, {}).front();
                QCOMPARE(best.image, fixture.imageOf(image));
                QVERIFY2(best.score > 0.99F, qPrintable(QString::number(best.score)));
            }
        };
        store(3, 400);
        check(3, 400);
        store(5, 401);
        check(5, 401);
        fixture.commit(fixture.library, 200, 200);
        store(7, 402);
        check(7, 402);
        check(3, 400);
        QCOMPARE(fixture.library.parts(fixture.set.id).size(), std::size_t{3});
        QVERIFY(fixture.library.verify(true).empty());
    }

    /// Images are found by what a click searches while the import still runs.
    void anImportIsFollowedWhileItRuns() {
        SearchFixture fixture(400, 500);
        followImport(fixture.library, fixture.set, {}); // there is nothing to follow with
        QCOMPARE(fixture.library.embeddingSets().size(), std::size_t{1});
        const EmbeddingSet plain = whitenBase(fixture.library, fixture.set, withPrior(fixture.set.dim), {});
        const EmbeddingSet diffused = computeDiffused(fixture.library, plain, {});
        const auto counts = [&] {
            return std::pair(fixture.library.findEmbeddingSet(plain.key)->vectors,
                             fixture.library.findEmbeddingSet(diffused.key)->vectors);
        };
        fixture.commit(fixture.library, 400, 20);
        {
            const FileLock lock = lockDerivedSets(fixture.library);
            followImport(fixture.library, fixture.set, {}); // somebody else is at it
            QCOMPARE(counts(), std::pair(std::uint64_t{400}, std::uint64_t{400}));
        }
        followImport(fixture.library, fixture.set, {});
        QCOMPARE(counts(), std::pair(std::uint64_t{420}, std::uint64_t{420}));
        // So many that the diffused set is to be computed anew, which the end of the import does.
        fixture.commit(fixture.library, 420, 100);
        followImport(fixture.library, fixture.set, {});
        QCOMPARE(counts(), std::pair(std::uint64_t{520}, std::uint64_t{420}));
        QCOMPARE(fixture.library.findEmbeddingSet(diffused.key)->computedImages, std::uint64_t{400});
        QVERIFY(fixture.library.verify(true).empty());
    }

    void everythingFollowsAnImport() {
        SearchFixture fixture(200, 300);
        LevelsOptions options;
        options.granularities = {4, 16};
        const EmbeddingSet whitened = deriveFromBase(fixture.library, fixture.set, {}, options, {});
        AdaptationRow adaptation;
        adaptation.name = "x";
        adaptation = fixture.library.addAdaptation(
            adaptation, [](const std::filesystem::path& path) { saveFile(path, std::as_bytes(std::span("x"))); });
        EmbeddingSetKey adaptedKey = fixture.set.key;
        adaptedKey.adaptation = adaptation.checksum;
        const EmbeddingSet adapted = fixture.library.embeddingSet(adaptedKey, SearchFixture::dim);
        std::vector<EmbeddingSetId> asked;
        const EmbedMissing embed = [&](Library&, const EmbeddingSet& set, const JobContext&) {
            asked.push_back(set.id);
        };
        const auto complete = [&](std::uint64_t images) {
            const auto smooth = fixture.library.findEmbeddingSet(diffusedKey(whitened.key));
            return fixture.library.findEmbeddingSet(whitened.key)->vectors == images && smooth->vectors == images &&
                   fixture.library.clusterNumbers(whitened.id, 16).images.size() == images &&
                   fixture.library.levels(whitened.id).size() == 2 && fixture.library.levels(fixture.set.id).empty() &&
                   fixture.library.verify(true).empty();
        };
        QVERIFY(complete(200));
        fixture.commit(fixture.library, 200, 10);
        updateDerivedSets(fixture.library, {}, embed);
        QVERIFY(complete(210));
        QCOMPARE(asked, std::vector{adapted.id});
        // The whitening is fitted again, and the levels are made again over the new vectors.
        fixture.commit(fixture.library, 210, 290);
        updateDerivedSets(fixture.library, {});
        QVERIFY(complete(500));
        QCOMPARE(asked.size(), std::size_t{1});
        // Nothing to do.
        const auto version = fixture.library.dataVersion();
        updateDerivedSets(fixture.library, {});
        QCOMPARE(fixture.library.dataVersion(), version);
    }

    void oneAtATime() {
        SearchFixture fixture(20);
        const FileLock lock = lockDerivedSets(fixture.library);
        QCOMPARE(errorOf([&] { updateDerivedSets(fixture.library, {}); }), ErrorCode::Locked);
        QCOMPARE(errorOf([&] { deriveFrom(fixture.library, fixture.set, {}, {}); }), ErrorCode::Locked);
    }

    void aStopLeavesWhatWasThere() {
        SearchFixture fixture(200);
        LevelsOptions options;
        options.granularities = {4};
        const EmbeddingSet whitened = deriveFromBase(fixture.library, fixture.set, {}, options, {});
        std::stop_source source;
        source.request_stop();
        const JobContext stopped{source.get_token(), {}};
        WhitenedBaseOptions refit;
        refit.refit = true;
        QCOMPARE(errorOf([&] { deriveFromBase(fixture.library, fixture.set, refit, options, stopped); }),
                 ErrorCode::Interrupted);
        QCOMPARE(fixture.library.levels(whitened.id).size(), std::size_t{1});
        QCOMPARE(errorOf([&] { deriveFrom(fixture.library, whitened, options, stopped); }), ErrorCode::Interrupted);
        QCOMPARE(fixture.library.findEmbeddingSet(diffusedKey(whitened.key))->vectors, 200u);
        QVERIFY(fixture.library.verify(true).empty());
    }
};

QTEST_APPLESS_MAIN(TestDerivedSets)
#include "tst_derived_sets.moc"
