#include "ui/models/image_list_model.h"
#include "ui/session.h"
#include "ui/views/gallery_view.h"
#include "ui/views/main_window.h"
#include "ui/views/theme.h"
#include "ui/views/unreadable_dialog.h"

#include <QApplication>
#include <QDir>
#include <QDragEnterEvent>
#include <QFile>
#include <QMimeData>
#include <QPushButton>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTranslator>

#include <memory>

using namespace grappa;

namespace {

constexpr int patienceMs = 300'000;
/// Photographs of a Debian package that may be published.
const QString photographs = QStringLiteral("/usr/share/tuxpaint/stamps/animals");

} // namespace

/// Pictures of the window with real photographs and the default backbone, to be looked at. It asserts that each state
/// is reached.
class TestScreenshots : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tour_data();
    void tour();

private:
    static void save(QWidget& widget, const QString& name, const QString& theme) {
        QTest::qWait(400);
        QVERIFY(QDir().mkpath(GRAPPA_SCREENSHOTS));
        QVERIFY(widget.grab().save(QStringLiteral(GRAPPA_SCREENSHOTS "/%1-%2.png").arg(name, theme)));
    }
};

void TestScreenshots::tour_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("dark") << true;
    QTest::newRow("light") << false;
}

void TestScreenshots::tour() {
    if (!QDir(photographs).exists()) QSKIP("the sample photographs (tuxpaint-stamps-default) are not installed");
    QFETCH(bool, dark);
    const QString theme = QTest::currentDataTag();
    QTranslator english;
    QVERIFY(english.load(QStringLiteral(":/translations/grappa_en.qm")));
    QCoreApplication::installTranslator(&english);
    const ThemeController controller(*qApp, dark);
    const QTemporaryDir folder;
    const QString photos = folder.filePath("Animals");
    QVERIFY(QDir().mkpath(photos));
    for (const QFileInfo& file : QDir(photographs, "*.png").entryInfoList())
        QVERIFY(QFile::copy(file.filePath(), photos + '/' + file.fileName()));
    for (const char* name : {"holiday-0417.jpg", "scan (damaged).png"}) {
        QFile broken(photos + QLatin1Char('/') + QLatin1StringView(name));
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("\xff\xd8\xff\xe0 no picture");
    }

    Session session({.library = folder.filePath("library").toStdString(), .cli = GRAPPA_BIN "/grappa-cli"});
    MainWindow window(session, photographs.toStdString());
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    save(window, "1-empty", theme);

    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(photos)});
    QDragEnterEvent enter({640, 400}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &enter);
    save(window, "2-drop", theme);
    QDropEvent drop({640, 400}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &drop);

    auto* gallery = window.findChild<GalleryView*>();
    const auto state = [&session] { return session.imports()->status().state; };
    QTRY_VERIFY_WITH_TIMEOUT(gallery->model()->rowCount() > 0 || state() == ImportState::Failed, patienceMs);
    if (session.imports()->status().problem.sentence == errorText(ErrorCode::ModelMissing))
        QSKIP("the default backbone is not there");
    save(window, "3-importing", theme);
    QTRY_COMPARE_WITH_TIMEOUT(state(), ImportState::Done, patienceMs);
    QTRY_VERIFY(gallery->model()->rowCount() > 20);
    save(window, "4-collection", theme);

    QTest::mouseClick(gallery->viewport(), Qt::LeftButton, Qt::NoModifier,
                      gallery->visualRect(gallery->model()->index(9, 0)).center());
    QTRY_VERIFY(gallery->model()->index(0, 0).data(ImageListModel::ScoreRole).isValid());
    QTest::keyClick(gallery, Qt::Key_Right);
    save(window, "5-results", theme);

    QTest::keyClick(gallery, Qt::Key_Escape);
    QTest::mouseClick(window.findChild<QPushButton*>("warningLink"), Qt::LeftButton);
    auto* dialog = window.findChild<UnreadableDialog*>();
    QVERIFY(dialog);
    QTRY_COMPARE(dialog->findChild<QTableView*>()->model()->rowCount(), 2);
    save(*dialog, "6-unreadable", theme);
}

QTEST_MAIN(TestScreenshots)
#include "tst_screenshots.moc"
