#include "core/base/error.h"
#include "core/training/dataset_layouts.h"
#include "core/training/mat_file.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace grappa;
namespace fs = std::filesystem;

class TestDatasetLayouts : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path root() const { return m_folder.path().toStdString(); }
    void write(const fs::path& file, const std::string& text) const {
        fs::create_directories((root() / file).parent_path());
        std::ofstream(root() / file, std::ios::binary) << text;
    }
    void copyData(const char* name, const fs::path& to) const {
        fs::create_directories((root() / to).parent_path());
        fs::copy_file(fs::path(GRAPPA_TEST_DATA) / name, root() / to, fs::copy_options::overwrite_existing);
    }

private Q_SLOTS:
    void initTestCase() {
        write("aircraft/data/images_variant_test.txt", "1514522 707-320\r\n0747566 Boeing 717\n");
        copyData("cars_annos.mat", "cars/cars_annos.mat");
        copyData("cars_train_annos.mat", "kit/devkit/cars_train_annos.mat");
        copyData("cars_test_annos_withlabels.mat", "kit/cars_test_annos_withlabels.mat");
        write("cub/CUB_200_2011/images.txt", "1 001.Albatross/a.jpg\n2 101.Pelican/b.jpg\n3 200.Yellowthroat/c.jpg\n");
        write("cub/CUB_200_2011/image_class_labels.txt", "1 1\n2 101\n3 200\n");
        copyData("imagelabels.mat", "flowers/imagelabels.mat");
        copyData("setid.mat", "flowers/setid.mat");
        write("food/meta/test.txt", "apple_pie/1011328\nwaffles/987\n");
        write(
            "products/Stanford_Online_Products/Ebay_test.txt",
            "image_id class_id super_class_id path\n59552 11319 1 bicycle_final/1.JPG\n59553 11320 2 cabinet/2.JPG\n");
    }

    void readsWhatIsPublished_data() {
        QTest::addColumn<QString>("layout");
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QStringList>("expected"); // path below the folder, blank, label
        const auto row = [](const char* name, const char* layout, const char* folder, const QStringList& expected) {
            QTest::newRow(name) << layout << folder << expected;
        };
        const QStringList aircraft{"images/1514522.jpg 707-320", "images/0747566.jpg Boeing 717"};
        row("aircraft, its folder", "aircraft", "aircraft/data", aircraft);
        row("aircraft, the folder above", "aircraft", "aircraft", aircraft);
        row("cars, one list", "cars", "cars",
            {"car_ims/000003.jpg 99", "car_ims/000004.jpg 99", "car_ims/000005.jpg 196"});
        row("cars, development kit", "cars", "kit",
            {"cars_train/000002.jpg 99", "cars_test/000002.jpg 150", "cars_test/000003.jpg 150"});
        row("cub", "cub", "cub", {"images/101.Pelican/b.jpg 101", "images/200.Yellowthroat/c.jpg 200"});
        row("flowers", "flowers", "flowers",
            {"jpg/image_00005.jpg 5", "jpg/image_00003.jpg 12", "jpg/image_00004.jpg 12"});
        row("food", "food101", "food", {"images/apple_pie/1011328.jpg apple_pie", "images/waffles/987.jpg waffles"});
        row("products", "products", "products", {"bicycle_final/1.JPG 11319", "cabinet/2.JPG 11320"});
    }
    void readsWhatIsPublished() {
        QFETCH(QString, layout);
        QFETCH(QString, folder);
        QFETCH(QStringList, expected);
        const LabelledSet set = readDataset(layout.toStdString(), root() / folder.toStdString());
        QCOMPARE(set.task, layout.toStdString());
        QCOMPARE(set.paths.size(), set.labels.size());
        QCOMPARE(std::ssize(set.paths), expected.size());
        for (std::size_t i = 0; i < set.paths.size(); ++i) {
            const QString line = QString::fromStdString(set.paths[i].string() + " " + set.labels[i]);
            QVERIFY2(line.endsWith("/" + expected[static_cast<int>(i)]), qPrintable(line));
        }
    }

    void everyLayoutSaysWhatItMisses_data() {
        QTest::addColumn<QString>("layout");
        for (const std::string_view layout : datasetLayouts())
            QTest::newRow(std::string(layout).c_str()) << QString::fromStdString(std::string(layout));
    }
    void everyLayoutSaysWhatItMisses() {
        QFETCH(QString, layout);
        fs::create_directories(root() / "empty");
        try {
            readDataset(layout.toStdString(), root() / "empty");
            QFAIL("an empty folder was read");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::NotFound);
        }
    }

    void unknownLayout() { QVERIFY_THROWS_EXCEPTION(Error, readDataset("birds", root())); }

    void matFiles() {
        const auto arrays = readMatFile(fs::path(GRAPPA_TEST_DATA) / "cars_annos.mat");
        QCOMPARE(arrays.at("class_names").cells.at(1).text, std::string("Acura RL Sedan 2012"));
        const MatArray& annotations = arrays.at("annotations");
        QCOMPARE(annotations.elements(), std::size_t{5});
        QCOMPARE(annotations.field(4, "bbox_x1").numbers, std::vector<double>{40});
        QVERIFY_THROWS_EXCEPTION(Error, annotations.field(5, "class"));
        QVERIFY_THROWS_EXCEPTION(Error, annotations.field(0, "colour"));
    }

    void brokenMatFilesAreRefused_data() {
        QTest::addColumn<QString>("file");
        for (const char* file : {"cars_annos.mat", "cars_train_annos.mat", "setid.mat"})
            QTest::newRow(file) << file;
    }
    /// Every cut and every changed byte is refused, or read as something: never a crash, never an endless loop.
    void brokenMatFilesAreRefused() {
        QFETCH(QString, file);
        std::ifstream stream(fs::path(GRAPPA_TEST_DATA) / file.toStdString(), std::ios::binary);
        const std::string whole((std::istreambuf_iterator<char>(stream)), {});
        const auto read = [&](const std::string& bytes) {
            write("broken.mat", bytes);
            try {
                readMatFile(root() / "broken.mat");
            } catch (const Error& error) {
                return error.code() == ErrorCode::Corrupt;
            }
            return false;
        };
        QVERIFY(!read(whole));
        for (std::size_t size = 0; size < 128; size += 16)
            QVERIFY(read(whole.substr(0, size)));
        QVERIFY(read(whole.substr(0, whole.size() - 9)));
        for (std::size_t at = 124; at < whole.size(); ++at) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ 0xff);
            read(changed);
        }
    }
};

QTEST_APPLESS_MAIN(TestDatasetLayouts)
#include "tst_dataset_layouts.moc"
