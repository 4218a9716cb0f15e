#include "tests/support/images.h"
#include "tests/support/tiny_backbone.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace grappa;

/// Every command that the guide shows, as it is shown, in the order of the pages, in the home folder of a user who has
/// ~/Pictures/Garden and ~/Downloads/leaf.jpg.
class TestGuideCommands : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void everyCommandWorks_data();
    void everyCommandWorks();

private:
    QString home(const QString& path) const { return m_home.filePath(path); }

    QTemporaryDir m_home;
};

void TestGuideCommands::initTestCase() {
    test::writeTinyBackbone(home("models").toStdString());
    QVERIFY(QDir(m_home.path()).mkpath("Downloads"));
    QVERIFY(QDir(m_home.path()).mkpath("Pictures"));
    QVERIFY(test::writeImages(home("Pictures/Garden"), 120));
    const QFileInfoList written = QDir(home("Pictures/Garden")).entryInfoList(QDir::Files, QDir::Name);
    QVERIFY(QFile::copy(written.front().filePath(), home("Downloads/leaf.jpg")));
}

void TestGuideCommands::everyCommandWorks_data() {
    QTest::addColumn<QString>("command");
    const QDir guide(QStringLiteral(GRAPPA_GUIDE));
    for (const QString& page : guide.entryList({"*.md"}, QDir::Files, QDir::Name)) {
        QFile file(guide.filePath(page));
        QVERIFY(file.open(QIODevice::ReadOnly));
        int number = 0;
        for (const QByteArray& line : file.readAll().split('\n'))
            if (line.startsWith("grappa-cli "))
                QTest::addRow("%s, command %d", qPrintable(page), ++number) << QString::fromUtf8(line);
    }
}

void TestGuideCommands::everyCommandWorks() {
    QFETCH(QString, command);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("HOME", m_home.path());
    environment.insert("GRAPPA_LIBRARY", home("library"));
    environment.insert("GRAPPA_MODELS", home("models"));
    environment.insert("PATH", QStringLiteral(GRAPPA_BIN ":") + environment.value("PATH"));
    QProcess process;
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(m_home.path());
    process.setProcessChannelMode(QProcess::MergedChannels);
    constexpr int timeoutMs = 280'000;
    process.start("bash", {"-c", command});
    QVERIFY(process.waitForFinished(timeoutMs));
    QVERIFY2(process.exitCode() == 0, process.readAll().constData());
}

QTEST_GUILESS_MAIN(TestGuideCommands)
#include "tst_guide_commands.moc"
