#include "core/base/error.h"

#include <QTest>

#include <cerrno>
#include <set>

using namespace grappa;

class TestError : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesAreUniqueAndFindTheirCode() {
        std::set<std::string_view> names;
        for (int i = 0; i <= static_cast<int>(ErrorCode::Internal); ++i) {
            const auto code = static_cast<ErrorCode>(i);
            QVERIFY2(names.insert(errorName(code)).second, errorName(code).data());
            QCOMPARE(errorFromName(errorName(code)), code);
        }
        QCOMPARE(errorFromName("of a later version"), ErrorCode::Internal);
    }

    void storedNamesStay() {
        QCOMPARE(errorName(ErrorCode::ImageUndecodable), std::string_view("image_undecodable"));
        QCOMPARE(errorName(ErrorCode::DiskFull), std::string_view("disk_full"));
    }

    void systemErrorsTellAFullDisk() {
        QCOMPARE(systemError(ErrorCode::IoFailed, "x", ENOSPC).code(), ErrorCode::DiskFull);
        QCOMPARE(systemError(ErrorCode::IoFailed, "x", EDQUOT).code(), ErrorCode::DiskFull);
        QCOMPARE(systemError(ErrorCode::IoFailed, "x", EIO).code(), ErrorCode::IoFailed);
        QCOMPARE(QString(systemError(ErrorCode::IoFailed, "Cannot do it", ENOENT).what()),
                 QString("Cannot do it: No such file or directory"));
    }
};

QTEST_APPLESS_MAIN(TestError)
#include "tst_error.moc"
