#include "ui/window_state.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace grappa;

class TestWindowState : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsSavedIsRead();
    void pastedPixelsAreNotKept();
    void whatCannotBeReadIsNothing_data();
    void whatCannotBeReadIsNothing();

private:
    std::filesystem::path file() const { return (m_folder.path() + "/window.json").toStdString(); }
    QTemporaryDir m_folder;
};

void TestWindowState::whatIsSavedIsRead() {
    WindowState state;
    state.place.filter.collection = 3;
    state.place.filter.folder = "/photos/\xff garden"; // no UTF-8
    state.place.filter.nameContains = "rose";
    state.place.filter.format = "jpeg";
    state.place.filter.takenFrom = 1'700'000'000;
    state.place.order = ImageOrder::TakenNewestFirst;
    state.place.level = "128";
    state.place.group = GroupPlace{.k = 128, .cluster = 5};
    state.place.minScore = 50;
    state.place.current = 7;
    state.place.position = {.row = 120, .hidden = 0.25};
    state.place.query = ImageQuery{.image = 9, .file = "/photos/a.jpg", .region = QRect(1, 2, 30, 40)};
    state.tileSize = 200;
    state.geometry = "geometry";
    state.panes = "panes";
    state.viewing = true;
    state.beside = true;
    state.dark = false;
    state.why = true;
    saveWindowState(file(), state);
    const auto read = readWindowState(file());
    QVERIFY(read);
    QVERIFY(read->place.filter == state.place.filter);
    QCOMPARE(read->place.order, state.place.order);
    QCOMPARE(read->place.level, state.place.level);
    QVERIFY(read->place.showsGroups()); // the clusters may be numbered anew
    QCOMPARE(read->place.minScore, state.place.minScore);
    QCOMPARE(read->place.current, state.place.current);
    QCOMPARE(read->place.position.row, 120);
    QCOMPARE(read->place.position.hidden, 0.25);
    QVERIFY(read->place.query);
    QCOMPARE(read->place.query->image, std::optional<ImageId>(9));
    QCOMPARE(read->place.query->file.native(), std::string("/photos/a.jpg"));
    QCOMPARE(read->place.query->region, std::optional(QRect(1, 2, 30, 40)));
    QCOMPARE(read->tileSize, 200);
    QCOMPARE(read->geometry, state.geometry);
    QCOMPARE(read->panes, state.panes);
    QVERIFY(read->viewing);
    QVERIFY(read->beside);
    QCOMPARE(read->dark, std::optional(false));
    QVERIFY(read->why);
}

void TestWindowState::pastedPixelsAreNotKept() {
    WindowState state;
    state.place.query = ImageQuery{.pixels = QImage(4, 4, QImage::Format_RGB32)};
    saveWindowState(file(), state);
    QVERIFY(!readWindowState(file())->place.query);
}

void TestWindowState::whatCannotBeReadIsNothing_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("no JSON") << QByteArray("{\"place\": ");
    QTest::newRow("a list") << QByteArray("[1, 2]");
}

void TestWindowState::whatCannotBeReadIsNothing() {
    QFETCH(QByteArray, content);
    QFile broken(QString::fromStdString(file().native()));
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write(content);
    broken.close();
    QVERIFY(!readWindowState(file()));
    QVERIFY(!readWindowState("/nonexistent/window.json"));
}

QTEST_APPLESS_MAIN(TestWindowState)
#include "tst_window_state.moc"
