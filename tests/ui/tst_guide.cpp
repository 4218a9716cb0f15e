#include "ui/views/guide_dialog.h"

#include <QDir>
#include <QFile>
#include <QListWidget>
#include <QRegularExpression>
#include <QTest>
#include <QTextBrowser>
#include <QTranslator>

using namespace grappa;

/// The guide is whole in both languages, and the dialog shows it in that of the window.
class TestGuide : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theLanguagesTellTheSame();
    void itShowsItsPages_data();
    void itShowsItsPages();

private:
    static QStringList pages(const QString& language) {
        return QDir(":/guide/" + language).entryList({"*.md"}, QDir::Files, QDir::Name);
    }
    static QString text(const QString& language, const QString& page) {
        QFile file(":/guide/" + language + "/" + page);
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    }
    static QStringList commands(const QString& text) {
        QStringList found;
        for (const QString& line : text.split('\n'))
            if (line.startsWith("grappa-cli ")) found << line;
        return found;
    }
};

void TestGuide::theLanguagesTellTheSame() {
    QCOMPARE(pages("en").size(), 10);
    QCOMPARE(pages("de"), pages("en"));
    for (const QString& page : pages("en")) {
        QVERIFY2(text("en", page).startsWith("# ") && text("de", page).startsWith("# "), qPrintable(page));
        QCOMPARE(commands(text("de", page)), commands(text("en", page)));
        QCOMPARE(text("de", page).count("\n- "), text("en", page).count("\n- "));
        QCOMPARE(text("de", page).count("\n## "), text("en", page).count("\n## "));
    }
}

void TestGuide::itShowsItsPages_data() {
    QTest::addColumn<QString>("language");
    QTest::newRow("English") << "en";
    QTest::newRow("German") << "de";
}

void TestGuide::itShowsItsPages() {
    QFETCH(QString, language);
    QTranslator translator;
    QVERIFY(translator.load(":/translations/grappa_" + language + ".qm"));
    QCoreApplication::installTranslator(&translator);
    GuideDialog dialog;
    auto* titles = dialog.findChild<QListWidget*>();
    auto* shown = dialog.findChild<QTextBrowser*>();
    QCOMPARE(titles->count(), pages(language).size());
    for (int row = 0; row < titles->count(); ++row) {
        titles->setCurrentRow(row);
        const QString first = shown->toPlainText().section('\n', 0, 0);
        QCOMPARE(first, titles->item(row)->text());
        QCOMPARE("# " + first, text(language, pages(language)[row]).section('\n', 0, 0));
    }
}

QTEST_MAIN(TestGuide)
#include "tst_guide.moc"
