#include "core/library/thumbnail_store.h"
#include "ui/models/image_list_model.h"
#include "ui/models/thumbnail_loader.h"
#include "ui/views/gallery_view.h"

#include <QBuffer>
#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace grappa;

namespace {

constexpr int rows = 12;
constexpr int block = 40; ///< side of what is compared, in pixels of the screen

/// Single-pixel noise: a shift by a part of a pixel would show.
QImage noise(unsigned seed) {
    std::mt19937 random(seed);
    QImage image(256, 256, QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            image.setPixel(x, y, random() % 2 ? qRgb(255, 255, 255) : qRgb(0, 0, 0));
    }
    return image;
}

ContentHash hashOf(int row) {
    const std::string content = std::to_string(row);
    return hashBytes(std::as_bytes(std::span(content)));
}

class HashModel : public QAbstractListModel {
public:
    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : rows; }
    QVariant data(const QModelIndex& index, int role) const override {
        if (role == ImageListModel::HashRole) return QVariant::fromValue(hashOf(index.row()));
        if (role == ImageListModel::OnlineRole) return true;
        return {};
    }
};

int largestDifference(const QImage& a, const QPoint& at, const QImage& b, const QPoint& bt) {
    int largest = 0;
    for (int y = 0; y < block; ++y) {
        for (int x = 0; x < block; ++x)
            largest =
                std::max(largest, std::abs(qGray(a.pixel(at + QPoint(x, y))) - qGray(b.pixel(bt + QPoint(x, y)))));
    }
    return largest;
}

} // namespace

/// Every pixel of a thumbnail is a pixel of the screen. Run once for each scale (QT_SCALE_FACTOR).
class TestSharpness : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thumbnailsAreDrawnPixelOnPixel();
};

void TestSharpness::thumbnailsAreDrawnPixelOnPixel() {
    const QTemporaryDir folder;
    const std::filesystem::path file = (folder.path() + "/thumbnails.sqlite").toStdString();
    {
        ThumbnailStore store(file);
        for (int row = 0; row < rows; ++row) {
            QByteArray bytes;
            QBuffer buffer(&bytes);
            buffer.open(QIODevice::WriteOnly);
            noise(static_cast<unsigned>(row)).save(&buffer, "JPEG", 100);
            const auto data = std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size())));
            const std::pair<ContentHash, std::vector<std::byte>> entry{hashOf(row), {data.begin(), data.end()}};
            store.put({&entry, 1});
        }
    }
    ThumbnailLoader loader(file);
    GalleryView view(&loader);
    HashModel model;
    view.setModel(&model);
    view.resize(701, 503);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    for (int row = 0; row < 6; ++row)
        QTRY_VERIFY(loader.find(hashOf(row)) != nullptr);
    const qreal ratio = view.devicePixelRatioF();
    const QImage screen = view.viewport()->grab().toImage();
    for (int row = 0; row < 6; ++row) {
        const QImage& thumbnail = loader.find(hashOf(row))->image;
        const QPointF centre = QRectF(view.visualRect(model.index(row))).center() * ratio;
        const QPoint from = QPoint(thumbnail.width() / 2, thumbnail.height() / 2) - QPoint(block, block) / 2;
        int best = 255;
        for (int dy = -3; dy <= 3; ++dy) {
            for (int dx = -3; dx <= 3; ++dx)
                best = std::min(best,
                                largestDifference(screen, centre.toPoint() + QPoint(dx, dy) - QPoint(block, block) / 2,
                                                  thumbnail, from));
        }
        QVERIFY2(best <= 2, qPrintable(QString("row %1 at %2: off by %3").arg(row).arg(ratio).arg(best)));
    }
}

QTEST_MAIN(TestSharpness)
#include "tst_sharpness.moc"
