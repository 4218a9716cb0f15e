#include "ui/views/symbol_icon.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

QByteArray readSymbol(const QString& name) {
    QFile file(u":/icons/"_s + name + u".svg"_s);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void paintSymbol(QPainter& painter, QByteArray svg, const QColor& colour, const QRectF& rect) {
    QSvgRenderer renderer(svg.replace("currentColor", colour.name().toLatin1()));
    renderer.render(&painter, rect);
}

class SymbolIconEngine : public QIconEngine {
public:
    explicit SymbolIconEngine(QByteArray svg) : m_svg(std::move(svg)) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
        paintSymbol(*painter, m_svg, QGuiApplication::palette().color(group, QPalette::ButtonText), rect);
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, pixmap.rect(), mode, state);
        return pixmap;
    }

    QIconEngine* clone() const override { return new SymbolIconEngine(m_svg); }

private:
    QByteArray m_svg;
};

} // namespace

QIcon symbolIcon(const QString& name) {
    return QIcon(new SymbolIconEngine(readSymbol(name)));
}

QPixmap symbolPixmap(const QString& name, const QColor& colour, int side, qreal devicePixelRatio) {
    const auto pixels = static_cast<int>(side * devicePixelRatio);
    const QString key = u"grappa/%1/%2/%3"_s.arg(name, colour.name()).arg(pixels);
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap)) return pixmap;
    pixmap = QPixmap(pixels, pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paintSymbol(painter, readSymbol(name), colour, pixmap.rect());
    painter.end();
    pixmap.setDevicePixelRatio(devicePixelRatio);
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

} // namespace grappa
