#include "ui/session.h"
#include "ui/views/gallery_view.h"
#include "ui/views/main_window.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAccessible>
#include <QComboBox>
#include <QDateEdit>
#include <QHeaderView>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace grappa;

namespace {

class NamedModel : public QAbstractListModel {
public:
    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : 1'000'000; }
    QVariant data(const QModelIndex& index, int role) const override {
        if (role != Qt::AccessibleTextRole) return {};
        return QStringLiteral("%1.jpg, rank %2, score 0.87").arg(index.row()).arg(index.row() + 1);
    }
};

} // namespace

/// What a screen reader is told.
class TestAccessibility : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyControlHasANameAndARole();
    void everyTileIsAnItemWithANameAndAPlace();
    void pressingATileSearches();
};

void TestAccessibility::everyControlHasANameAndARole() {
    const QTemporaryDir folder;
    Session session({.library = folder.filePath("library").toStdString(), .cli = "/nonexistent"});
    MainWindow window(session, "/nonexistent");
    int controls = 0;
    const auto widgets = window.findChildren<QWidget*>();
    for (QWidget* widget : widgets) {
        const bool isControl = qobject_cast<QAbstractButton*>(widget) || qobject_cast<QAbstractSlider*>(widget) ||
                               qobject_cast<QComboBox*>(widget) || qobject_cast<QDateEdit*>(widget) ||
                               qobject_cast<QLineEdit*>(widget) || qobject_cast<QAbstractItemView*>(widget);
        // Parts of Qt's own widgets are named by the whole.
        const bool isPart = qobject_cast<QScrollBar*>(widget) || qobject_cast<QHeaderView*>(widget) ||
                            widget->objectName().startsWith("qt_") ||
                            qobject_cast<QComboBox*>(widget->parentWidget()) ||
                            qobject_cast<QLineEdit*>(widget->parentWidget()) ||
                            qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) ||
                            widget->parentWidget()->inherits("QComboBoxPrivateContainer");
        if (!isControl || isPart) continue;
        // Empty until there is something to say.
        if (widget->objectName() == "warningLink" || widget->isHidden()) continue;
        const QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(widget);
        QVERIFY(accessible);
        const QString what = QString("%1 %2").arg(widget->metaObject()->className(), widget->objectName());
        QVERIFY2(!accessible->text(QAccessible::Name).isEmpty(), qPrintable(what));
        QVERIFY2(accessible->role() != QAccessible::NoRole && accessible->role() != QAccessible::Client,
                 qPrintable(what));
        ++controls;
    }
    QVERIFY2(controls > 20, qPrintable(QString::number(controls)));
}

void TestAccessibility::everyTileIsAnItemWithANameAndAPlace() {
    const QTemporaryDir folder;
    ThumbnailLoader loader((folder.path() + "/thumbnails.sqlite").toStdString());
    GalleryView view(&loader);
    NamedModel model;
    view.setModel(&model);
    view.resize(800, 600);
    view.show();
    QAccessibleInterface* list = QAccessible::queryAccessibleInterface(&view);
    QVERIFY(list);
    QCOMPARE(list->role(), QAccessible::List);
    QVERIFY(!list->text(QAccessible::Name).isEmpty());
    QCOMPARE(list->childCount(), 1'000'000);
    QAccessibleInterface* tile = list->child(2);
    QVERIFY(tile && tile->isValid());
    QCOMPARE(tile->role(), QAccessible::ListItem);
    QCOMPARE(tile->text(QAccessible::Name), "2.jpg, rank 3, score 0.87");
    QCOMPARE(list->indexOfChild(tile), 2);
    QCOMPARE(tile->parent(), list);
    QVERIFY(!tile->rect().isEmpty());
    QCOMPARE(list->childAt(tile->rect().center().x(), tile->rect().center().y()), tile);
    QVERIFY(!tile->state().selected);
    view.setCurrentIndex(model.index(2));
    QVERIFY(tile->state().selected);
    QVERIFY(!tile->state().offscreen);
    QVERIFY(list->child(999'999)->state().offscreen);
    QVERIFY(!list->child(1'000'000));
}

void TestAccessibility::pressingATileSearches() {
    const QTemporaryDir folder;
    ThumbnailLoader loader((folder.path() + "/thumbnails.sqlite").toStdString());
    GalleryView view(&loader);
    NamedModel model;
    view.setModel(&model);
    QSignalSpy searches(&view, &GalleryView::searchRequested);
    QAccessibleInterface* tile = QAccessible::queryAccessibleInterface(&view)->child(5);
    QVERIFY(tile->actionInterface());
    tile->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
    QCOMPARE(searches.count(), 1);
    QCOMPARE(searches.first().first().toModelIndex().row(), 5);
}

QTEST_MAIN(TestAccessibility)
#include "tst_accessibility.moc"
