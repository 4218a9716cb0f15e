#include "core/base/hash.h"

#include <QTest>

using namespace grappa;

namespace {

ContentHash hashOf(std::string_view text) {
    return hashBytes(std::as_bytes(std::span(text)));
}

} // namespace

class TestHash : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // Known values of XXH3-128: a stored hash must never change its meaning.
    void isXxh3() {
        QCOMPARE(hashOf("").hex(), std::string("99aa06d3014798d86001c324468d497f"));
        QCOMPARE(hashOf("abc").hex(), std::string("06b05ab6733a618578af5f94892f3950"));
    }

    void hexIsReadBack() {
        const ContentHash hash = hashOf("grappa");
        QCOMPARE(ContentHash::fromHex(hash.hex()), std::optional(hash));
        QVERIFY(hash != hashOf("Grappa"));
    }

    void badHexIsNone() {
        for (const char* text : {"", "99aa", "99aa06d3014798d86001c324468d497", "99AA06D3014798D86001C324468D497F",
                                 "99aa06d3014798d86001c324468d497g", "99aa06d3014798d86001c324468d497f0"})
            QVERIFY2(!ContentHash::fromHex(text), text);
    }
};

QTEST_APPLESS_MAIN(TestHash)
#include "tst_hash.moc"
