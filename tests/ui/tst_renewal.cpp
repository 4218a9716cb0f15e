#include "tests/support/cli.h"
#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"
#include "ui/browser.h"
#include "ui/models/image_list_model.h"
#include "ui/session.h"
#include "ui/views/main_window.h"
#include "ui/views/message_bar.h"

#include <QAction>
#include <QDir>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <memory>

using namespace grappa;

namespace {

constexpr int imagesInGarden = 30;
constexpr int patienceMs = 60'000;

} // namespace

/// A library that an earlier version described, in the window.
class TestRenewal : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void anOlderLibraryIsOfferedARenewal();
    void theOldVectorsAnswerWhileItIsStopped();
    void itGoesOnAndTheAnswerFollows();
    void nothingIsOfferedAnyMore();
    void cleanupTestCase();

private:
    test::Cli cli() const { return {m_folder.filePath("library"), m_folder.filePath("models")}; }
    Browser& browser() const { return *m_window->findChild<Browser*>(); }
    std::string descriptor() const {
        return Library(m_session->paths(), Library::Access::ReadOnly).defaultEmbeddingSet()->key.descriptor;
    }
    QAction* menuEntry() const {
        const auto actions = m_window->findChildren<QAction*>();
        return *std::ranges::find(actions, QStringLiteral("Describe all images anew…"), &QAction::text);
    }
    /// Of the window, as `grappa-cli search` orders them.
    void compareWithSearch(const QStringList& query) const;

    QTemporaryDir m_folder;
    QString m_outside;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void TestRenewal::initTestCase() {
    QVERIFY(QDir().mkpath(m_folder.filePath("models")));
    test::writeTinyBackbone(m_folder.filePath("models").toStdString());
    qputenv("GRAPPA_MODELS", m_folder.filePath("models").toUtf8());
    QVERIFY(test::writeImages(m_folder.filePath("Garden"), imagesInGarden, 900));
    QVERIFY(test::writeImages(m_folder.filePath("foreign"), 100, 2'000));
    m_outside = m_folder.filePath("outside.png");
    QVERIFY(test::makeImage(7'000).save(m_outside));
    // Without a prior images are described as they were before there was one.
    QCOMPARE(cli().run({"import", m_folder.filePath("Garden")}).exitCode, 0);
    QCOMPARE(cli().run({"models", "prior", "--images", m_folder.filePath("foreign")}).exitCode, 0);
    m_session = std::make_unique<Session>(SessionOptions{
        .library = m_folder.filePath("library").toStdString(), .cli = GRAPPA_BIN "/grappa-cli", .makeLevels = false});
    m_window = std::make_unique<MainWindow>(*m_session, std::filesystem::path());
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    QCOMPARE(descriptor(), std::string(classAlone));
}

void TestRenewal::compareWithSearch(const QStringList& query) const {
    const auto results = cli().run(QStringList{"search", "-n", "500"} + query).json().at("results");
    const auto& found = browser().place().neighbours;
    QVERIFY(!found.empty());
    QCOMPARE(found.size(), results.size());
    QCOMPARE(found.front().image, results[0].at("id").get<ImageId>());
}

void TestRenewal::anOlderLibraryIsOfferedARenewal() {
    QTRY_VERIFY_WITH_TIMEOUT(m_session->renewal()->possible(), patienceMs);
    QVERIFY(menuEntry()->isVisible());
    const auto* message = m_window->findChild<MessageBar*>();
    QVERIFY(message->isVisible());
    browser().searchByFile(m_outside.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query && !browser().pending(), patienceMs);
    compareWithSearch({m_outside});
    QVERIFY(message->isVisible());
    for (QPushButton* button : message->findChildren<QPushButton*>())
        if (button->text() == "Describe anew") QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(m_session->imports()->status().state, ImportState::Running);
    QVERIFY(m_session->imports()->status().request.renews());
    m_session->imports()->stop();
}

void TestRenewal::theOldVectorsAnswerWhileItIsStopped() {
    QTRY_COMPARE_WITH_TIMEOUT(m_session->imports()->status().state, ImportState::Stopped, patienceMs);
    QCOMPARE(descriptor(), std::string(classAlone));
    browser().searchByImage(3, {});
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query->image == ImageId{3} && !browser().pending(), patienceMs);
    compareWithSearch({"--id", "3"});
    browser().back();
    QTRY_VERIFY_WITH_TIMEOUT(browser().place().query && !browser().pending(), patienceMs);
}

void TestRenewal::itGoesOnAndTheAnswerFollows() {
    const std::size_t before = browser().place().query->vector.size();
    m_session->imports()->resume();
    QTRY_COMPARE_WITH_TIMEOUT(m_session->imports()->status().state, ImportState::Done, patienceMs);
    QCOMPARE(descriptor(), std::string(withPatches));
    // The query that is shown, whose vector was made in the old way, is answered anew.
    QTRY_COMPARE_WITH_TIMEOUT(browser().place().query->vector.size(), 2 * before, patienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(!browser().pending(), patienceMs);
    compareWithSearch({m_outside});
}

void TestRenewal::nothingIsOfferedAnyMore() {
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->renewal()->possible(), patienceMs);
    QVERIFY(!menuEntry()->isVisible());
}

void TestRenewal::cleanupTestCase() {
    m_window.reset();
    m_session.reset();
}

QTEST_MAIN(TestRenewal)
#include "tst_renewal.moc"
