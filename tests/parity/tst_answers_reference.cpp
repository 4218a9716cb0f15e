// The default answer against the Python reference: data/answers.safetensors is written by make_answer_fixtures.py.

#include "core/jobs/collection_answers.h"
#include "core/model/weights.h"

#include <QTest>

#include <filesystem>

using namespace grappa;

class TestAnswersReference : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const auto prior = m_input("prior.tokens");
        m_prior = DescriptorPrior::fit(m_input("prior.classes"), prior, side, side);
        const auto half = PatchHalf(m_prior)(m_input("images.tokens"), side, side);
        const auto classes = torch::nn::functional::normalize(m_input("images.classes"));
        m_half = half;
        m_answers = collectionAnswers(torch::cat({classes, half}, 1), m_prior);
    }

    void patchHalf() { compareProducts(m_half, "half"); }
    void plain() { compareProducts(m_answers.plain, "plain"); }
    void click() { compareProducts(m_answers.click, "click"); }

    /// The file keeps what it was made of.
    void saved() {
        const auto path = std::filesystem::temp_directory_path() / "tst_answers_reference.prior";
        m_prior.save(path, "0123");
        const DescriptorPrior loaded = DescriptorPrior::load(path, "0123");
        QCOMPARE(loaded.images, m_prior.images);
        QVERIFY(torch::allclose(loaded.halfCovariance, m_prior.halfCovariance, 1e-5, 1e-7));
        QVERIFY_THROWS_EXCEPTION(Error, DescriptorPrior::load(path, "4567"));
        std::filesystem::resize_file(path, std::filesystem::file_size(path) - 4);
        QVERIFY_THROWS_EXCEPTION(Error, DescriptorPrior::load(path, "0123"));
        std::filesystem::remove(path);
    }

    /// From one image on, and without neighbours.
    void fewImages_data() {
        QTest::addColumn<int>("images");
        for (const int images : {1, 2, 3})
            QTest::addRow("%d", images) << images;
    }
    void fewImages() {
        QFETCH(const int, images);
        const auto raw = torch::cat({torch::nn::functional::normalize(m_input("images.classes")), m_half}, 1);
        const CollectionAnswers answers = collectionAnswers(raw.narrow(0, 0, images), m_prior);
        QVERIFY(answers.plain.isfinite().all().item<bool>());
        QVERIFY(answers.click.isfinite().all().item<bool>());
    }

private:
    static constexpr std::int64_t side = 3;

    torch::Tensor m_input(const char* name) const {
        const SafetensorsFile file(std::filesystem::path(GRAPPA_TEST_DATA) / "answers.safetensors");
        return toTensor(file, *file.find(name));
    }

    void compareProducts(const torch::Tensor& vectors, const char* name) const {
        const double error = (vectors.matmul(vectors.t()) - m_input(name)).abs().max().item<double>();
        QVERIFY2(error < 1e-4, qPrintable(QString::number(error)));
    }

    DescriptorPrior m_prior;
    torch::Tensor m_half;
    CollectionAnswers m_answers;
};

QTEST_APPLESS_MAIN(TestAnswersReference)
#include "tst_answers_reference.moc"
