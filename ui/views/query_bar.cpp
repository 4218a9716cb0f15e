#include "ui/views/query_bar.h"

#include "ui/views/gallery_view.h"
#include "ui/views/score_cut.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QSlider>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int barHeight = 56;
constexpr int previewSide = 40;
constexpr int sliderWidth = 96;
constexpr int cornerSide = 14;
constexpr int roomyWidth = 900;
constexpr int widestScope = 200;
constexpr int scopePadding = 44; ///< of the words: borders, the arrow

QToolButton* toolButton(const QString& symbol, const QString& name, const QKeySequence& shortcut, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setIcon(symbolIcon(symbol));
    button->setIconSize({20, 20});
    button->setAutoRaise(true);
    button->setAccessibleName(name);
    button->setToolTip(shortcut.isEmpty() ? name : u"%1 (%2)"_s.arg(name, shortcut.toString(QKeySequence::NativeText)));
    return button;
}

/// A line of text that ends in an ellipsis where there is no room for all of it.
class ElidedLabel : public QLabel {
public:
    explicit ElidedLabel(QWidget* parent) : QLabel(parent) {
        setTextFormat(Qt::PlainText);
        setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        style()->drawItemText(&painter, rect(), Qt::AlignLeft | Qt::AlignVCenter, palette(), isEnabled(),
                              fontMetrics().elidedText(text(), Qt::ElideRight, width()), foregroundRole());
    }
};

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
    , m_scope(new QToolButton(this))
    , m_title(new ElidedLabel(this))
    , m_note(new ElidedLabel(this))
    , m_warning(new QPushButton(this))
    , m_cut(new ScoreCut(this))
    , m_searchFile(toolButton(u"search-image"_s,
                              tr("Search by an image file, also by one from elsewhere; drop or paste works too"),
                              QKeySequence::Open, this))
    , m_size(new QSlider(Qt::Horizontal, this))
    , m_menu(toolButton(u"menu"_s, tr("Menu"), {}, this)) {
    setObjectName(u"queryBar"_s);
    setFixedHeight(barHeight);
    m_title->setObjectName(u"title"_s);
    m_note->setObjectName(u"note"_s);
    m_warning->setObjectName(u"warningLink"_s);
    m_warning->setCursor(Qt::PointingHandCursor);
    m_warning->setFlat(true);
    m_preview->setObjectName(u"queryChip"_s);
    m_preview->setIconSize({previewSide, previewSide});
    m_preview->setAutoRaise(true);
    m_closeQuery->setObjectName(u"closeQuery"_s);
    m_scope->setObjectName(u"scope"_s);
    m_scope->setMenu(new QMenu(m_scope));
    m_scope->setPopupMode(QToolButton::InstantPopup);
    m_scope->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_scope->setLayoutDirection(Qt::RightToLeft); // the arrow comes after the words
    m_scope->setIcon(symbolIcon(u"down"_s));
    m_scope->setIconSize({12, 12});
    m_scope->setToolTip(tr("Where is searched"));
    m_scope->setMaximumWidth(widestScope);
    m_searchFile->setObjectName(u"searchByImage"_s);
    m_searchFile->setText(tr("Search by image"));
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
    layout->addWidget(m_searchFile);
    layout->addSpacing(4);
    layout->addWidget(m_preview);
    layout->addWidget(m_closeQuery);
    layout->addSpacing(4);
    layout->addLayout(words, 1);
    layout->addWidget(m_scope);
    layout->addWidget(m_cut);
    layout->addSpacing(8);
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
    setScope({});
    setScores({}, std::nullopt);
    setText({});
    setNavigation(false, false);
}

void QueryBar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    updateRoom();
}

void QueryBar::updateRoom() {
    // Beside a query the words come first; Ctrl and the wheel change the size too.
    m_size->setVisible(m_preview->isHidden() || width() >= roomyWidth);
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
    updateRoom();
    // Beside a query there is less room, and who has searched knows the sign.
    m_searchFile->setToolButtonStyle(query ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextBesideIcon);
    if (!query) return;
    m_preview->setIcon(chipIcon(*query, devicePixelRatioF()));
    const QString name =
        query->region ? tr("Query: a region of %1").arg(query->title) : tr("Query: %1").arg(query->title);
    m_preview->setAccessibleName(name);
    m_preview->setToolTip(name + u'\n' + tr("Click to view it large or to mark a region"));
}

void QueryBar::setScope(const QueryScope& scope) {
    m_scope->setVisible(scope.choices.size() > 1);
    // A menu that is open stays as it is.
    if (scope == m_shownScope) return;
    m_shownScope = scope;
    QMenu* menu = m_scope->menu();
    menu->clear();
    const auto textOf = [](const QueryScope::Choice& choice) {
        return choice.collection ? tr("in %1").arg(choice.name) : tr("everywhere");
    };
    for (const QueryScope::Choice& choice : scope.choices) {
        QString text = textOf(choice);
        QAction* action = menu->addAction(text.replace(u'&', u"&&"_s), this,
                                          [this, collection = choice.collection] { Q_EMIT scopeChosen(collection); });
        action->setCheckable(true);
        action->setChecked(choice.collection == scope.chosen);
        if (choice.collection != scope.chosen) continue;
        m_scope->setText(
            m_scope->fontMetrics().elidedText(textOf(choice), Qt::ElideMiddle, widestScope - scopePadding));
        m_scope->setAccessibleName(tr("Searched %1").arg(textOf(choice)));
    }
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
