#include "ui/views/query_bar.h"

#include "ui/views/gallery_view.h"
#include "ui/views/symbol_icon.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int barHeight = 56;
constexpr int previewSide = 40;
constexpr int sliderWidth = 112;

QToolButton* navigationButton(const QString& symbol, const QString& name, const QKeySequence& shortcut,
                              QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setIcon(symbolIcon(symbol));
    button->setIconSize({20, 20});
    button->setAutoRaise(true);
    button->setAccessibleName(name);
    button->setShortcut(shortcut);
    button->setToolTip(u"%1 (%2)"_s.arg(name, shortcut.toString(QKeySequence::NativeText)));
    return button;
}

} // namespace

QueryBar::QueryBar(QWidget* parent)
    : QWidget(parent)
    , m_back(navigationButton(u"back"_s, tr("Back"), Qt::ALT | Qt::Key_Left, this))
    , m_forward(navigationButton(u"forward"_s, tr("Forward"), Qt::ALT | Qt::Key_Right, this))
    , m_preview(new QLabel(this))
    , m_title(new QLabel(this))
    , m_note(new QLabel(this))
    , m_warning(new QPushButton(this))
    , m_size(new QSlider(Qt::Horizontal, this)) {
    setObjectName(u"queryBar"_s);
    setFixedHeight(barHeight);
    m_title->setObjectName(u"title"_s);
    m_title->setTextFormat(Qt::PlainText);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_note->setObjectName(u"note"_s);
    m_note->setTextFormat(Qt::PlainText);
    m_warning->setObjectName(u"warningLink"_s);
    m_warning->setCursor(Qt::PointingHandCursor);
    m_warning->setFlat(true);
    m_preview->setFixedSize(previewSide, previewSide);
    m_preview->setAlignment(Qt::AlignCenter);
    m_preview->setAccessibleName(tr("Query image"));
    m_size->setRange(GalleryView::smallestTile, GalleryView::largestTile);
    m_size->setFixedWidth(sliderWidth);
    m_size->setAccessibleName(tr("Size of the thumbnails"));
    m_size->setToolTip(tr("Size of the thumbnails (Ctrl + wheel)"));

    auto* second = new QHBoxLayout;
    second->setSpacing(8);
    second->addWidget(m_note);
    second->addWidget(m_warning);
    second->addStretch();
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addStretch();
    words->addWidget(m_title);
    words->addLayout(second);
    words->addStretch();

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 0, 16, 0);
    layout->setSpacing(8);
    layout->addWidget(m_back);
    layout->addWidget(m_forward);
    layout->addWidget(m_preview);
    layout->addLayout(words, 1);
    layout->addWidget(m_size);

    connect(m_back, &QToolButton::clicked, this, &QueryBar::backRequested);
    connect(m_forward, &QToolButton::clicked, this, &QueryBar::forwardRequested);
    connect(m_warning, &QPushButton::clicked, this, &QueryBar::warningActivated);
    connect(m_size, &QSlider::valueChanged, this, &QueryBar::tileSizeChosen);
    setPreview({});
    setText({});
    setNavigation(false, false);
}

void QueryBar::setText(const QueryBarText& text) {
    m_title->setText(text.title);
    m_title->setToolTip(text.title);
    m_note->setText(text.note);
    m_note->setVisible(!text.note.isEmpty());
    m_warning->setText(text.warning);
    m_warning->setVisible(!text.warning.isEmpty());
}

void QueryBar::setPreview(const QImage& preview) {
    m_preview->setVisible(!preview.isNull());
    if (preview.isNull()) return;
    const qreal ratio = devicePixelRatioF();
    const auto side = static_cast<int>(previewSide * ratio);
    QPixmap pixmap = QPixmap::fromImage(preview.scaled(side, side, Qt::KeepAspectRatio, Qt::SmoothTransformation));
    pixmap.setDevicePixelRatio(ratio);
    m_preview->setPixmap(pixmap);
}

void QueryBar::setNavigation(bool back, bool forward) {
    m_back->setEnabled(back);
    m_forward->setEnabled(forward);
}

void QueryBar::setTileSize(int size) {
    m_size->setValue(size);
}

} // namespace grappa
