#include "core/base/safetensors.h"
#include "core/training/evaluation.h"

#include <QTest>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

using namespace grappa;

class TestEvaluation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsTheReference() {
        const SafetensorsFile file(std::filesystem::path(GRAPPA_TEST_DATA) / "retrieval.safetensors");
        const SafetensorsEntry& entry = *file.find("features");
        std::vector<float> features(file.bytes(entry).size() / sizeof(float));
        std::memcpy(features.data(), file.bytes(entry).data(), file.bytes(entry).size());
        std::vector<std::string> labels;
        for (const QString& label : QString::fromStdString(file.metadata().at("labels")).split('\n'))
            labels.push_back(label.toStdString());

        const auto scores = retrievalScores(features, static_cast<std::size_t>(entry.shape[1]), labels);
        const auto expected = [&](const char* name) { return std::stod(file.metadata().at(name)); };
        // The reference adds in single precision.
        QVERIFY(std::abs(scores.rPrecision - expected("RP")) < 1e-4);
        QVERIFY(std::abs(scores.mapAtR - expected("MAP@R")) < 1e-4);
        QVERIFY(std::abs(scores.recallAt1 - expected("R@1")) < 1e-4);
        QCOMPARE(scores.queries, labels.size() - 1); // one label occurs once
    }

    void countsByHand() {
        // By cosine to row 0: rows 2, 1, 3; its class is {0, 1}, so its first place is wrong.
        const std::vector<float> features{1, 0, 4, 3, 9, 1, 0, 1};
        const std::vector<std::string> labels{"a", "a", "b", "c"};
        const auto scores = retrievalScores(features, 2, labels);
        QCOMPARE(scores.queries, std::size_t{2});
        QCOMPARE(scores.rPrecision, 0.0);
        QCOMPARE(retrievalScores(features, 2, std::vector<std::string>{"a", "b", "a", "c"}).recallAt1, 100.0);
    }

    void tiesGoToTheLowerRow() {
        const std::vector<float> features{1, 2, 1, 2, 1, 2};
        // Row 2 asks for row 0, which is first; row 0 asks for row 2, which comes after row 1.
        const auto scores = retrievalScores(features, 2, std::vector<std::string>{"a", "b", "a"});
        QCOMPARE(scores.queries, std::size_t{2});
        QCOMPARE(scores.rPrecision, 50.0);
    }

    void nothingToScore() {
        QCOMPARE(retrievalScores({}, 4, {}).queries, std::size_t{0});
        QCOMPARE(retrievalScores(std::vector<float>{1, 2}, 1, std::vector<std::string>{"a", "b"}).rPrecision, 0.0);
    }

    void wrongInputIsRefused() {
        const std::vector<std::string> labels{"a", "a"};
        QVERIFY_THROWS_EXCEPTION(Error, retrievalScores(std::vector<float>{1, 2, 3}, 2, labels));
        const std::vector<float> broken{1, std::numeric_limits<float>::quiet_NaN()};
        QVERIFY_THROWS_EXCEPTION(Error, retrievalScores(broken, 1, labels));
    }
};

QTEST_APPLESS_MAIN(TestEvaluation)
#include "tst_evaluation.moc"
