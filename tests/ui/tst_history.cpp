#include "ui/history.h"

#include <QTest>

using namespace grappa;

namespace {

Place inCollection(CollectionId id) {
    Place place;
    place.filter.collection = id;
    return place;
}

} // namespace

class TestHistory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void backLeadsToThePlaceAsItWasLeft();
    void aNewPlaceForgetsWhatWasAhead();
    void itIsBounded();
};

void TestHistory::backLeadsToThePlaceAsItWasLeft() {
    History history;
    QVERIFY(!history.canGoBack());
    history.push(inCollection(7));
    history.current().position = {.row = 120, .hidden = 0.5};
    Place results = inCollection(7);
    results.query = ImageQuery{.image = 3};
    history.push(results);
    QVERIFY(history.current().query);
    history.back();
    QCOMPARE(history.current().filter.collection, std::optional<CollectionId>(7));
    QCOMPARE(history.current().position.row, 120);
    QVERIFY(history.canGoForward());
    history.forward();
    QCOMPARE(history.current().query->image, std::optional<ImageId>(3));
}

void TestHistory::aNewPlaceForgetsWhatWasAhead() {
    History history;
    history.push(inCollection(1));
    history.push(inCollection(2));
    history.back();
    history.push(inCollection(3));
    QVERIFY(!history.canGoForward());
    history.back();
    QCOMPARE(history.current().filter.collection, std::optional<CollectionId>(1));
}

void TestHistory::itIsBounded() {
    History history;
    for (CollectionId id = 1; id <= 1000; ++id)
        history.push(inCollection(id));
    QCOMPARE(history.current().filter.collection, std::optional<CollectionId>(1000));
    std::size_t steps = 0;
    for (; history.canGoBack(); ++steps)
        history.back();
    QCOMPARE(steps, History::limit - 1);
}

QTEST_APPLESS_MAIN(TestHistory)
#include "tst_history.moc"
