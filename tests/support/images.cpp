#include "tests/support/images.h"

#include <QDir>
#include <QPainter>

#include <random>

namespace grappa::test {

QImage makeImage(unsigned seed, int width, int height) {
    std::mt19937 random(seed);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    QImage image(width, height, QImage::Format_RGB32);
    image.fill(QColor::fromHsv(below(360), 80 + below(120), 120 + below(120)));
    QPainter painter(&image);
    painter.setPen(Qt::NoPen);
    for (int i = 0; i < 12; ++i) {
        painter.setBrush(QColor::fromHsv(below(360), 255 - below(120), 255 - below(160)));
        painter.drawEllipse(QPoint(below(width), below(height)), 4 + below(width / 4), 4 + below(height / 4));
    }
    return image;
}

bool writeImages(const QString& folder, int count, unsigned firstSeed) {
    QDir().mkpath(folder);
    for (int i = 0; i < count; ++i) {
        const QString name = QStringLiteral("%1/%2.jpg").arg(folder).arg(i, 4, 10, QLatin1Char('0'));
        if (!makeImage(firstSeed + static_cast<unsigned>(i)).save(name, "JPEG", 90)) return false;
    }
    return true;
}

} // namespace grappa::test
