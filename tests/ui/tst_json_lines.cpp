#include "ui/jobs/json_lines.h"

#include <QTest>

using namespace grappa;

class TestJsonLines : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void messagesAreTheSameInPiecesOfAnySize_data();
    void messagesAreTheSameInPiecesOfAnySize();
};

void TestJsonLines::messagesAreTheSameInPiecesOfAnySize_data() {
    QTest::addColumn<int>("piece");
    for (const int piece : {1, 2, 7, 1000})
        QTest::addRow("%d bytes", piece) << piece;
}

void TestJsonLines::messagesAreTheSameInPiecesOfAnySize() {
    QFETCH(int, piece);
    const QByteArray payload("{\"no\": 1}\n\n\0raw", 15);
    const QByteArray stream =
        "{\"id\": 1}\nnot json\n[3]\n{\"id\": 2, \"bytes\": 15}\n" + payload + "{\"id\": 3}\n{\"id\": 4";
    JsonLines lines;
    QList<int> ids;
    QByteArray received;
    for (qsizetype at = 0; at < stream.size(); at += piece) {
        lines.feed(stream.mid(at, piece));
        while (const auto message = lines.next()) {
            ids << static_cast<int>(numberAt(message->json, "id").value_or(-1));
            received += message->bytes;
        }
    }
    QCOMPARE(ids, (QList<int>{1, 2, 3}));
    QCOMPARE(received, payload);
}

QTEST_APPLESS_MAIN(TestJsonLines)
#include "tst_json_lines.moc"
