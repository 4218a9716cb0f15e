#include "core/base/error.h"
#include "core/model/adaptation_file.h"
#include "core/training/evaluation_table.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace grappa;

namespace {

constexpr std::int64_t width = 8;

std::vector<float> toVector(const torch::Tensor& rows) {
    const torch::Tensor plain = torch::nn::functional::normalize(rows).contiguous();
    return {plain.const_data_ptr<float>(), plain.const_data_ptr<float>() + plain.numel()};
}

/// Two tasks of 30 images in 5 classes each.
std::vector<LabelledSet> sets() {
    std::vector<LabelledSet> both(2);
    for (std::size_t task = 0; task < both.size(); ++task) {
        both[task].task = task == 0 ? "first" : "second";
        for (int i = 0; i < 30; ++i) {
            both[task].paths.emplace_back(std::to_string(i));
            both[task].labels.push_back(std::to_string(i % 5));
        }
    }
    return both;
}

/// Classes as directions, with noise: the less noise, the better the rows score. [60, D]
torch::Tensor vectors(double firstNoise, double secondNoise) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
    const torch::Tensor centres = torch::randn({10, width}, generator);
    const torch::Tensor first = centres.narrow(0, 0, 5).repeat({6, 1}), second = centres.narrow(0, 5, 5).repeat({6, 1});
    return torch::cat({first + firstNoise * torch::randn({30, width}, generator),
                       second + secondNoise * torch::randn({30, width}, generator)});
}

const EvaluationRow& row(const EvaluationTable& table, const char* name) {
    const auto found = std::ranges::find(table.rows, name, &EvaluationRow::name);
    if (found == table.rows.end()) throw std::runtime_error(std::string("no row ") + name);
    return *found;
}

std::vector<std::string> namesOf(const EvaluationTable& table) {
    std::vector<std::string> names;
    for (const EvaluationRow& each : table.rows)
        names.push_back(each.name);
    return names;
}

} // namespace

class TestEvaluationTable : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path saveAnAdaptation() const {
        Adaptation adaptation;
        adaptation.adaptor = {.width = width, .bottleneck = 2, .firstBlock = 1, .depth = 2};
        adaptation.granularities = {4, 12};
        for (int i = 0; i < 2; ++i) {
            adaptation.sets.emplace_back(adaptation.adaptor);
            adaptation.sets.back()->initialise(1);
        }
        const FusionOptions fusion{.adaptor = adaptation.adaptor, .sets = 2, .keyWidth = 2};
        Fusion neighbours(fusion, FusionLayerImpl::Attention::Learned, false);
        neighbours->initialise(1);
        adaptation.fusions.emplace(variant::neighbours, neighbours);
        adaptation.whitening[variant::base] = Whitening::fit(vectors(1, 1), 0.75);
        adaptation.inputSize = 28;
        adaptation.metadata = {{adaptation_key::backboneHash, std::string(32, 'a')}, {adaptation_key::name, "small"}};
        adaptation.connect();
        const std::filesystem::path path = m_folder.filePath("small.safetensors").toStdString();
        saveAdaptation(path, adaptation);
        return path;
    }

private Q_SLOTS:
    void rowsOfTheBaseAlone() {
        const EvaluationTable table = evaluationTable({sets(), width, {{"base", toVector(vectors(1, 1))}}, {}});
        const RetrievalScores first = row(table, "base").tasks[0], second = row(table, "base").tasks[1];
        QCOMPARE(first.queries, std::size_t{30});
        QVERIFY(std::abs(row(table, "base").mean().rPrecision - (first.rPrecision + second.rPrecision) / 2) < 1e-9);
        QVERIFY(table.whitenedOnTheseImages);
        QCOMPARE(table.whiteningPower, std::optional(0.75));
        QCOMPARE(table.rows[1].name.substr(0, 6), std::string("level:"));
        QCOMPARE(table.rows.back().name, std::string("base+smoothed"));
        QVERIFY(std::ranges::find(table.rows, "whitened", &EvaluationRow::name) == table.rows.end());
    }

    void rowsOfAnAdaptation() {
        const EvaluationInput input{sets(),
                                    width,
                                    {{"base", toVector(vectors(1, 1))},
                                     {"granularity:4", toVector(vectors(0.2, 0.9))},
                                     {"granularity:12", toVector(vectors(0.9, 0.2))},
                                     {"average", toVector(vectors(0.7, 0.7))},
                                     {"neighbours", toVector(vectors(0.5, 0.5))}},
                                    saveAnAdaptation()};
        const EvaluationTable table = evaluationTable(input);
        const std::vector<std::string> expected{
            "base",    "whitened", "granularity:4", "granularity:12",     "average", "neighbours", "oracle",
            "level:4", "level:12", "base+smoothed", "neighbours+smoothed"};
        QCOMPARE(namesOf(table), expected);
        QVERIFY(!table.whitenedOnTheseImages);
        QCOMPARE(row(table, "oracle").tasks[0].rPrecision, row(table, "granularity:4").tasks[0].rPrecision);
        QCOMPARE(row(table, "oracle").tasks[1].rPrecision, row(table, "granularity:12").tasks[1].rPrecision);
        QVERIFY(row(table, "oracle").mean().rPrecision > row(table, "granularity:4").mean().rPrecision);
        // The best p is at least as good as each.
        const Whitening whitening = Whitening::fit(vectors(1, 1), 0.25);
        const auto quarter = toVector(whitening.apply(vectors(1, 1)));
        const EvaluationTable other = evaluationTable({sets(), width, {{"base", quarter}}, {}});
        QVERIFY(row(table, "whitened").mean().rPrecision >= row(other, "base").mean().rPrecision - 1e-3);
    }

    void veryFewImages() {
        LabelledSet set{"few", {"a"}, {"x"}};
        const EvaluationTable one = evaluationTable({{set}, 2, {{"base", {1, 0}}}, {}});
        QCOMPARE(one.rows.size(), std::size_t{1});
        QVERIFY(!one.whiteningPower);
        set = {"few", {"a", "b"}, {"x", "x"}};
        QCOMPARE(evaluationTable({{set}, 2, {{"base", {1, 0, 0, 1}}}, {}}).rows.front().tasks[0].rPrecision, 100.0);
    }

    void wrongInputIsRefused() {
        const std::vector<float> right = toVector(vectors(1, 1));
        QVERIFY_THROWS_EXCEPTION(Error, evaluationTable({sets(), width, {}, {}}));
        QVERIFY_THROWS_EXCEPTION(Error, evaluationTable({sets(), width, {{"base", {1, 2}}}, {}}));
        std::vector<LabelledSet> twice = sets();
        twice[1].task = "first";
        QVERIFY_THROWS_EXCEPTION(Error, evaluationTable({twice, width, {{"base", right}}, {}}));
    }

    void attentionIsSummedUp() {
        // Two images, two blocks, four granularities: the first block even, the second all on one.
        const std::vector<float> attention{0.25, 0.25, 0.25, 0.25, 1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0, 0, 0, 1};
        const AttentionSummary summary = summarised(attention, 2, 4);
        QVERIFY(std::abs(summary.entropy[0] - 1) < 1e-9);
        QCOMPARE(summary.entropy[1], 0.0);
        QCOMPARE(summary.mean[1], (std::vector<double>{0.5, 0, 0, 0.5}));
        QCOMPARE(summarised({}, 2, 4).entropy.size(), std::size_t{2});
    }
};

QTEST_APPLESS_MAIN(TestEvaluationTable)
#include "tst_evaluation_table.moc"
