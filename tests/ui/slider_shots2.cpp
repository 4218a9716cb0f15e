#include "ui/session.h"
#include <QApplication>
#include <QTest>
#include <QDebug>
using namespace grappa;
int main(int argc, char** argv) {
    QApplication app(argc, argv);
    Session session({.library = qEnvironmentVariable("SHOT_LIBRARY").toStdString(), .cli = GRAPPA_BIN "/grappa-cli"});
    QTest::qWait(500);
    qDebug() << session.adaptation().has_value();
    bool got = false;
    for (int i = 0; i < 2; ++i) {
        got = false;
        session.readMaps(&app, argv[1], {}, std::nullopt, [&](PatchMaps m) { got = true; qDebug() << m.rows << m.cols << m.adapted; },
            [&](const Problem& p) { got = true; qDebug() << p.sentence << p.detail; });
        (void)QTest::qWaitFor([&] { return got; }, 30000);
        qDebug() << got << session.embedder().running() << session.embedder().processId();
    }
}
