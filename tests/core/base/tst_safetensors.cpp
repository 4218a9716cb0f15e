// Weights files that nobody trusts: each is refused with a reason, nothing is written, nothing is run.

#include "core/base/safetensors.h"

#include <QTest>

#include <QDir>
#include <QTemporaryDir>

#include <array>
#include <cstring>

using namespace grappa;

namespace {

template <class Number>
QByteArray littleEndian(Number value) {
    QByteArray bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

/// A file with this header, whatever it says, and `data` after it.
QByteArray fileOf(const QByteArray& header, const QByteArray& data = {}) {
    return littleEndian(static_cast<quint64>(header.size())) + header + data;
}

QByteArray tensorHeader(const QByteArray& fields) {
    return "{\"t\":{" + fields + "}}";
}

/// A pickle that runs `command` when a Python loads it.
QByteArray pickleOf(const QByteArray& command) {
    return QByteArray("\x80\x02"
                      "cposix\nsystem\nX") +
           littleEndian(static_cast<quint32>(command.size())) + command + "\x85R.";
}

quint32 crc32(const QByteArray& bytes) {
    quint32 crc = ~0U;
    for (const char byte : bytes) {
        crc ^= static_cast<quint8>(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0U);
    }
    return ~crc;
}

/// A zip archive with one stored member.
QByteArray zipOf(const QByteArray& name, const QByteArray& content) {
    const auto size = static_cast<quint32>(content.size());
    const QByteArray common = littleEndian<quint16>(20) + littleEndian<quint16>(0) + littleEndian<quint16>(0) +
                              littleEndian<quint32>(0) + littleEndian(crc32(content)) + littleEndian(size) +
                              littleEndian(size) + littleEndian(static_cast<quint16>(name.size())) +
                              littleEndian<quint16>(0);
    const QByteArray local = "PK\x03\x04" + common + name + content;
    const QByteArray central = "PK\x01\x02" + littleEndian<quint16>(20) + common + QByteArray(14, '\0') + name;
    return local + central + "PK\x05\x06" + QByteArray(4, '\0') + littleEndian<quint16>(1) + littleEndian<quint16>(1) +
           littleEndian(static_cast<quint32>(central.size())) + littleEndian(static_cast<quint32>(local.size())) +
           QByteArray(2, '\0');
}

const QByteArray f32x2 = "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]";
const QByteArray eightBytes(8, '\0');

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hostileFilesAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char* name, const QByteArray& bytes, const char* reason,
                            ErrorCode code = ErrorCode::WeightsInvalid) {
            QTest::newRow(name) << bytes << static_cast<int>(code) << QString(reason);
        };
        const auto two = [](const QByteArray& first, const QByteArray& second) {
            return fileOf("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" + first +
                              "},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" + second + "}}",
                          QByteArray(16, '\0'));
        };
        const auto shaped = [](const QByteArray& shape) {
            return fileOf(tensorHeader("\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":[0,8]"), eightBytes);
        };
        const QByteArray good = fileOf(tensorHeader(f32x2), eightBytes);

        row("empty", {}, "too short");
        row("seven bytes", QByteArray(7, '\0'), "too short");
        row("no header", littleEndian<quint64>(0), "does not start with");
        row("header of 100 GB", littleEndian<quint64>(100'000'000'000) + "{}", "limit");
        row("header length 2^64 - 1", QByteArray(8, '\xff') + "{}", "limit");
        row("header length is a NaN", littleEndian(std::numeric_limits<double>::quiet_NaN()) + "{}", "limit");
        row("ends in the header", good.left(20), "ends inside its header");
        row("ends in a tensor", good.left(good.size() - 1), "ends inside its tensors");
        row("bytes after the tensors", good + "#!/bin/sh", "goes on after");
        row("zip behind a good file", good + zipOf("x", "y"), "goes on after");
        row("overlap", two("[0,8]", "[4,12]"), "overlaps");
        row("same bytes twice", two("[0,8]", "[0,8]"), "overlaps");
        row("gap", two("[0,8]", "[9,17]"), "does not follow");
        row("does not begin at 0", two("[8,16]", "[16,24]"), "does not follow");
        row("offsets run backwards", two("[8,0]", "[8,16]"), "does not fit its shape");
        row("offsets past the file", two("[0,8]", "[8,800000]"), "does not fit its shape");
        row("three offsets", two("[0,8,16]", "[8,16]"), "not two numbers");
        row("one offset", two("[0]", "[8,16]"), "no dtype, shape or data_offsets");
        row("negative shape", shaped("[-2]"), "not a whole number");
        row("negative zero shape", shaped("[-0.0]"), "not a whole number");
        row("fractional shape", shaped("[2.0]"), "not a whole number");
        row("shape beyond 2^64", shaped("[99999999999999999999]"), "not a whole number");
        row("shape beyond 2^63", shaped("[9223372036854775810]"), "out of range");
        row("shape overflows to 8 bytes", shaped("[4611686018427387904,2]"), "out of range");
        row("shape of 17 dimensions", shaped("[2,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"), "out of range");
        row("nested shape", shaped("[[2]]"), "wrong kind");
        row("shape is text", shaped("\"2\""), "wrong kind");
        row("length does not fit", shaped("[3]"), "does not fit its shape");
        row("unknown dtype",
            fileOf(tensorHeader("\"dtype\":\"OBJECT\",\"shape\":[1],\"data_offsets\":[0,8]"), eightBytes),
            "unknown dtype");
        row("dtype is a number", fileOf(tensorHeader("\"dtype\":4,\"shape\":[2],\"data_offsets\":[0,8]"), eightBytes),
            "wrong kind");
        row("no dtype", fileOf(tensorHeader("\"shape\":[2],\"data_offsets\":[0,8]"), eightBytes), "no dtype");
        row("unknown field", fileOf(tensorHeader(f32x2 + ",\"eval\":\"x\""), eightBytes), "unknown field");
        row("field twice", fileOf(tensorHeader(f32x2 + ",\"shape\":[2]"), eightBytes), "twice");
        row("tensor twice", fileOf("{\"t\":{" + f32x2 + "},\"t\":{" + f32x2 + "}}", eightBytes), "overlaps");
        row("empty tensor twice",
            fileOf("{\"t\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
                   "\"t\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}"),
            "twice");
        row("metadata twice", fileOf("{\"__metadata__\":{},\"__metadata__\":{}}"), "twice");
        row("metadata key twice", fileOf("{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}"), "twice");
        row("metadata not text", fileOf("{\"__metadata__\":{\"a\":1}}"), "wrong kind");
        row("nested metadata", fileOf("{\"__metadata__\":{\"a\":{}}}"), "wrong kind");
        row("metadata is a list", fileOf("{\"__metadata__\":[]}"), "wrong kind");
        row("tensor is null", fileOf("{\"t\":null}"), "wrong kind");
        row("NaN", fileOf("{\"t\":NaN}"), "not valid JSON");
        row("comment", fileOf("{}//"), "not valid JSON");
        row("two documents", fileOf("{}{}"), "not valid JSON");
        row("header of zeros after it", fileOf(QByteArray("{}\0\0\0\0\0\0", 8)), "zero byte");
        row("invalid UTF-8", fileOf("{\"\xff\":1}"), "not valid JSON");
        row("open brace", fileOf("{"), "not valid JSON");
        row("a million braces", fileOf(QByteArray("{\"a\":").repeated(1'000'000)), "unknown field");
        row("a million brackets", fileOf("{\"t\":{\"shape\":" + QByteArray(1'000'000, '[')), "wrong kind");
        QByteArray many = "{";
        for (int i = 0; i <= 100'000; ++i)
            many += (i ? ",\"" : "\"") + QByteArray::number(i) +
                    "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
        row("100,001 tensors", fileOf(many + '}'), "too many tensors");

        const QByteArray pickle = pickleOf("touch canary");
        row("pickle", pickle, "convert_weights.py", ErrorCode::WeightsUnsafe);
        row("pickle of protocol 5", "\x80\x05" + pickle.mid(2), "convert_weights.py", ErrorCode::WeightsUnsafe);
        row("pth", zipOf("archive/data.pkl", pickle), "convert_weights.py", ErrorCode::WeightsUnsafe);
        row("TorchScript", zipOf("model/code/__torch__.py", "import os\nos.system('touch canary')\n"), "TorchScript",
            ErrorCode::WeightsUnsafe);
        row("pt2",
            zipOf("data/aotinductor/model/model.so", "\x7f"
                                                     "ELF"),
            ".pt2", ErrorCode::WeightsUnsafe);
        row("shell script", "#!/bin/sh\ntouch canary\n", "limit");
    }

    void hostileFilesAreRefused() {
        QFETCH(const QByteArray, bytes);
        QFETCH(const int, code);
        QFETCH(const QString, reason);
        const QString path = write(bytes);
        try {
            const SafetensorsFile file(path.toStdString());
            QFAIL("accepted");
        } catch (const Error& error) {
            const QString text = error.what();
            QVERIFY2(error.code() == static_cast<ErrorCode>(code), error.what());
            QVERIFY2(text.contains(reason), error.what());
            QVERIFY2(text.contains(path), error.what());
        }
        const QDir folder(m_folder.path());
        QCOMPARE(folder.entryList(QDir::Files), QStringList{"weights"});
        QCOMPARE(read(path), bytes);
    }

    // The length of a header of 640 bytes is written like the start of a pickle.
    void aHeaderLengthThatLooksLikeAPickleIsNone() {
        QByteArray header = tensorHeader(f32x2);
        header += QByteArray(640 - header.size(), ' ');
        const QString path = write(fileOf(header, eightBytes));
        QCOMPARE(SafetensorsFile(path.toStdString()).entries().size(), std::size_t{1});
    }

    // Every cut of a good file, and every byte of its header changed: refused or read, never anything else.
    void mutatedFilesAreRefusedOrRead() {
        const QByteArray good =
            fileOf("{\"__metadata__\":{\"k\":\"v\"},\"t\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}",
                   eightBytes);
        int refused = 0;
        const auto survives = [&](const QByteArray& bytes) {
            try {
                const SafetensorsFile file(write(bytes).toStdString());
                for (const auto& entry : file.entries())
                    QCOMPARE(file.bytes(entry).size(), std::size_t{8});
            } catch (const Error& error) {
                QVERIFY(error.code() == ErrorCode::WeightsInvalid || error.code() == ErrorCode::WeightsUnsafe);
                ++refused;
            }
        };
        for (int cut = 0; cut < good.size(); ++cut)
            survives(good.left(cut));
        QCOMPARE(refused, good.size());
        for (int place = 0; place < good.size() - 8; ++place)
            for (const char byte : {'\0', '"', '9', '-', '\x80', '{'}) {
                QByteArray changed = good;
                changed[place] = byte;
                survives(changed);
            }
        QVERIFY(refused > 2 * good.size());
    }

    void whatIsNotAFileIsAnError() {
        QVERIFY_THROWS_EXCEPTION(Error, SafetensorsFile(m_folder.filePath("absent").toStdString()));
        QVERIFY_THROWS_EXCEPTION(Error, SafetensorsFile(m_folder.path().toStdString()));
        QVERIFY_THROWS_EXCEPTION(Error, SafetensorsFile("/dev/zero"));
    }

    void savedFilesAreReadBack() {
        const std::array<float, 6> numbers{1, 2, 3, 4, 5, 6};
        const std::array<std::uint8_t, 3> small{7, 8, 9};
        const std::array<SafetensorsTensor, 3> tensors{{
            {"matrix", "F32", {2, 3}, std::as_bytes(std::span(numbers))},
            {"bytes", "U8", {3}, std::as_bytes(std::span(small))},
            {"empty \"quoted\"", "F16", {0, 4}, {}},
        }};
        const std::map<std::string, std::string> metadata{{"a", "ä"}, {"b", "line\nline"}};
        const QString path = m_folder.filePath("weights");
        saveSafetensors(path.toStdString(), tensors, metadata);
        const SafetensorsFile file(path.toStdString());
        QCOMPARE(file.metadata(), metadata);
        QCOMPARE(file.entries().size(), std::size_t{3});
        const SafetensorsEntry* matrix = file.find("matrix");
        QVERIFY(matrix);
        QCOMPARE(matrix->shape, (std::vector<std::int64_t>{2, 3}));
        QCOMPARE(std::memcmp(file.bytes(*matrix).data(), numbers.data(), sizeof numbers), 0);
        QCOMPARE(file.bytes(*file.find("empty \"quoted\"")).size(), std::size_t{0});
        QVERIFY(!file.find("absent"));
        QCOMPARE(littleEndianAt(read(path)) % 8, quint64{0});
        const QByteArray stored = read(path);
        QCOMPARE(file.hash(), hashBytes(std::as_bytes(std::span(stored.constData(), stored.size()))));

        const QByteArray first = read(path);
        saveSafetensors(path.toStdString(), tensors, metadata);
        QCOMPARE(read(path), first);
        QCOMPARE(QDir(m_folder.path()).entryList(QDir::Files), QStringList{"weights"});
    }

    void whatCannotBeReadIsNotSaved() {
        const std::array<float, 2> numbers{1, 2};
        const auto bytes = std::as_bytes(std::span(numbers));
        const std::string path = m_folder.filePath("refused").toStdString();
        const auto save = [&](std::vector<SafetensorsTensor> tensors) { saveSafetensors(path, tensors, {}); };
        QVERIFY_THROWS_EXCEPTION(Error, save({{"t", "F32", {3}, bytes}}));
        QVERIFY_THROWS_EXCEPTION(Error, save({{"t", "F8", {8}, bytes}}));
        QVERIFY_THROWS_EXCEPTION(Error, save({{"__metadata__", "F32", {2}, bytes}}));
        QVERIFY_THROWS_EXCEPTION(Error, save({{"t", "F32", {2}, bytes}, {"t", "F32", {2}, bytes}}));
        QVERIFY(!QFile::exists(QString::fromStdString(path)));
    }

private:
    QString write(const QByteArray& bytes) const {
        const QString path = m_folder.filePath("weights");
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("cannot write the test file");
        return path;
    }

    static QByteArray read(const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    static quint64 littleEndianAt(const QByteArray& bytes) {
        quint64 value = 0;
        std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }

    QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
