#include "ui/views/query_bar.h"

#include "ui/views/gallery_view.h"
#include "ui/views/score_cut.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int barHeight = 56;
constexpr int previewSide = 40;
constexpr int sliderWidth = 96;
constexpr int cornerSide = 14;

QToolButton* toolButton(const QString& symbol, const QString& name, const QKeySequence& shortcut, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setIcon(symbolIcon(symbol));
    button->setIconSize({20, 20});
    button->setAutoRaise(true);
    button->setAccessibleName(name);
    button->setToolTip(shortcut.isEmpty() ? name : u"%1 (%2)"_s.arg(name, shortcut.toString(QKeySequence::NativeText)));
    return button;
}

/// The query's picture, with the sign of a region in its corner.
QIcon chipIcon(const QueryChip& query, qreal ratio) {
    const auto side = static_cast<int>(previewSide * ratio);
    QPixmap pixmap(side, side);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    if (query.preview.isNull()) {
        painter.drawPixmap(pixmap.rect(), symbolPixmap(u"images"_s, currentTheme().muted, side, 1));
    } else {
        const QImage scaled = query.preview.scaled(side, side, Qt::KeepAspectRatio, Qt::SmoothTransformation);
        painter.drawImage((side - scaled.width()) / 2, (side - scaled.height()) / 2, scaled);
    }
    if (query.region) {
        const auto corner = static_cast<int>(cornerSide * ratio);
        const QRect plate(side - corner, side - corner, corner, corner);
        painter.fillRect(plate, currentTheme().accent);
        painter.drawPixmap(plate, symbolPixmap(u"region"_s, currentTheme().onAccent, corner, 1));
    }
    painter.end();
    pixmap.setDevicePixelRatio(ratio);
    return QIcon(pixmap);
}

} // namespace

QueryBar::QueryBar(QMenu* menu, QWidget* parent)
    : QWidget(parent)
    , m_back(toolButton(u"back"_s, tr("Back"), Qt::ALT | Qt::Key_Left, this))
    , m_forward(toolButton(u"forward"_s, tr("Forward"), Qt::ALT | Qt::Key_Right, this))
    , m_preview(new QToolButton(this))
    , m_closeQuery(toolButton(u"close"_s, tr("End the search"), {}, this))
    , m_title(new QLabel(this))
    , m_note(new QLabel(this))
    , m_warning(new QPushButton(this))
    , m_cut(new ScoreCut(this))
    , m_searchFile(toolButton(u"search-image"_s, tr("Search by an image file"), QKeySequence::Open, this))
    , m_size(new QSlider(Qt::Horizontal, this))
    , m_menu(toolButton(u"menu"_s, tr("Menu"), {}, this)) {
    setObjectName(u"queryBar"_s);
    setFixedHeight(barHeight);
    m_title->setObjectName(u"title"_s);
    m_note->setObjectName(u"note"_s);
    for (QLabel* label : {m_title, m_note}) {
        label->setTextFormat(Qt::PlainText);
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    }
    m_warning->setObjectName(u"warningLink"_s);
    m_warning->setCursor(Qt::PointingHandCursor);
    m_warning->setFlat(true);
    m_preview->setObjectName(u"queryChip"_s);
    m_preview->setIconSize({previewSide, previewSide});
    m_preview->setAutoRaise(true);
    m_closeQuery->setObjectName(u"closeQuery"_s);
    m_size->setRange(GalleryView::smallestTile, GalleryView::largestTile);
    m_size->setFixedWidth(sliderWidth);
    m_size->setAccessibleName(tr("Size of the thumbnails"));
    m_size->setToolTip(tr("Size of the thumbnails (Ctrl + wheel)"));
    m_menu->setMenu(menu);
    m_menu->setPopupMode(QToolButton::InstantPopup);

    auto* second = new QHBoxLayout;
    second->setSpacing(8);
    second->addWidget(m_note, 1);
    second->addWidget(m_warning);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addStretch();
    words->addWidget(m_title);
    words->addLayout(second);
    words->addStretch();

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 0, 16, 0);
    layout->setSpacing(4);
    layout->addWidget(m_back);
    layout->addWidget(m_forward);
    layout->addSpacing(4);
    layout->addWidget(m_preview);
    layout->addWidget(m_closeQuery);
    layout->addSpacing(4);
    layout->addLayout(words, 1);
    layout->addWidget(m_cut);
    layout->addSpacing(8);
    layout->addWidget(m_searchFile);
    layout->addWidget(m_size);
    layout->addWidget(m_menu);

    connect(m_back, &QToolButton::clicked, this, &QueryBar::backRequested);
    connect(m_forward, &QToolButton::clicked, this, &QueryBar::forwardRequested);
    connect(m_preview, &QToolButton::clicked, this, &QueryBar::queryActivated);
    connect(m_closeQuery, &QToolButton::clicked, this, &QueryBar::queryClosed);
    connect(m_searchFile, &QToolButton::clicked, this, &QueryBar::fileQueryRequested);
    connect(m_warning, &QPushButton::clicked, this, &QueryBar::warningActivated);
    connect(m_cut, &ScoreCut::cutChosen, this, &QueryBar::minScoreChosen);
    connect(m_size, &QSlider::valueChanged, this, &QueryBar::tileSizeChosen);
    setQuery(std::nullopt);
    setScores({}, std::nullopt);
    setText({});
    setNavigation(false, false);
}

void QueryBar::setText(const QueryBarText& text) {
    m_title->setText(text.title);
    m_title->setToolTip(text.title);
    m_note->setText(text.note);
    m_note->setToolTip(text.note);
    m_warning->setText(text.warning);
    m_warning->setVisible(!text.warning.isEmpty());
}

void QueryBar::setQuery(const std::optional<QueryChip>& query) {
    m_preview->setVisible(query.has_value());
    m_closeQuery->setVisible(query.has_value());
    if (!query) return;
    m_preview->setIcon(chipIcon(*query, devicePixelRatioF()));
    const QString name =
        query->region ? tr("Query: a region of %1").arg(query->title) : tr("Query: %1").arg(query->title);
    m_preview->setAccessibleName(name);
    m_preview->setToolTip(name + u'\n' + tr("Click to view it large or to mark a region"));
}

void QueryBar::setScores(std::span<const float> scores, std::optional<float> minScore) {
    m_cut->setVisible(scores.size() > 1);
    m_cut->setScores(scores);
    m_cut->setCut(minScore);
}

void QueryBar::setNavigation(bool back, bool forward) {
    m_back->setEnabled(back);
    m_forward->setEnabled(forward);
}

void QueryBar::setTileSize(int size) {
    m_size->setValue(size);
}

} // namespace grappa
