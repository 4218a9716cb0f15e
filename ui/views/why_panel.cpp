#include "ui/views/why_panel.h"

#include "ui/attention.h"
#include "ui/formatting.h"
#include "ui/views/attention_bar.h"
#include "ui/views/level_colours.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QButtonGroup>
#include <QDateTime>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QScrollArea>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int panelWidth = 304;
constexpr int padding = 16;
constexpr QSize pictureRoom{panelWidth - 2 * padding, 176};
constexpr int rowHeight = 24;
constexpr int swatchSide = 8;
constexpr double mostShade = 0.45; ///< the number must stay readable

/// A number over a shade that grows with it.
class ShareDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const Theme& theme = currentTheme();
        QColor shade = theme.accent;
        shade.setAlphaF(
            static_cast<float>(mostShade * std::clamp(index.data(AttentionModel::ShareRole).toDouble(), 0.0, 1.0)));
        painter->save();
        painter->fillRect(option.rect.adjusted(0, 0, -1, -1), shade);
        QFont font = option.font;
        if (index.column() == AttentionModel::meanColumn) font.setWeight(QFont::DemiBold);
        painter->setFont(font);
        painter->setPen(theme.text);
        painter->drawText(option.rect, Qt::AlignCenter, index.data().toString());
        if (option.state & QStyle::State_HasFocus) {
            painter->setPen(QPen(theme.accent, 2));
            painter->drawRect(option.rect.adjusted(1, 1, -2, -2));
        }
        painter->restore();
    }
};

/// The names of the levels, each beside its colour.
class LevelHeader : public QHeaderView {
public:
    explicit LevelHeader(QWidget* parent) : QHeaderView(Qt::Vertical, parent) {
        setSectionResizeMode(QHeaderView::Fixed);
        setDefaultSectionSize(rowHeight);
    }

protected:
    void paintSection(QPainter* painter, const QRect& rect, int row) const override {
        const Theme& theme = currentTheme();
        painter->save();
        const QRect swatch(rect.left(), rect.center().y() - swatchSide / 2, swatchSide, swatchSide);
        painter->setPen(QPen(theme.muted, 1));
        painter->setBrush(levelColour(static_cast<std::size_t>(row), static_cast<std::size_t>(count())));
        painter->drawRect(swatch);
        painter->setPen(theme.text);
        painter->drawText(rect.adjusted(swatchSide + 6, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                          model()->headerData(row, Qt::Vertical).toString());
        painter->restore();
    }

    QSize sectionSizeFromContents(int row) const override {
        const QString name = model()->headerData(row, Qt::Vertical).toString();
        return {fontMetrics().horizontalAdvance(name) + swatchSide + 14, rowHeight};
    }
};

QLabel* textLabel(const QString& objectName, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setObjectName(objectName);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    return label;
}

} // namespace

WhyPanel::WhyPanel(QWidget* parent)
    : QWidget(parent)
    , m_picture(new QLabel(this))
    , m_queryTitle(textLabel(u"note"_s, this))
    , m_score(textLabel(u"title"_s, this))
    , m_resultName(textLabel(u"note"_s, this))
    , m_close(new QToolButton(this))
    , m_ofQuery(new QToolButton(this))
    , m_ofResult(new QToolButton(this))
    , m_choice(new QWidget(this))
    , m_bar(new AttentionBar(this))
    , m_sentence(textLabel(u"whySentence"_s, this))
    , m_none(textLabel(u"note"_s, this))
    , m_map(new QTableView(this))
    , m_facts(new QFormLayout) {
    setObjectName(u"whyPanel"_s);
    setAttribute(Qt::WA_StyledBackground);
    setFixedWidth(panelWidth);
    m_picture->setAlignment(Qt::AlignCenter);
    m_close->setIcon(symbolIcon(u"close"_s));
    m_close->setAutoRaise(true);
    m_close->setAccessibleName(tr("Hide the panel"));
    m_close->setToolTip(m_close->accessibleName());
    m_ofResult->setText(tr("Result"));
    m_ofResult->setAccessibleName(tr("Granularities of the result"));
    m_ofResult->setObjectName(u"chip"_s);
    m_ofQuery->setText(tr("Query"));
    m_ofQuery->setAccessibleName(tr("Granularities of the query"));
    m_ofQuery->setObjectName(u"chip"_s);
    auto* group = new QButtonGroup(this);
    for (QToolButton* chip : {m_ofResult, m_ofQuery}) {
        chip->setCheckable(true);
        group->addButton(chip);
        connect(chip, &QToolButton::clicked, this, &WhyPanel::showAttention);
    }
    m_ofResult->setChecked(true);
    m_map->setObjectName(u"attentionMap"_s);
    m_map->setModel(&m_model);
    m_map->setItemDelegate(new ShareDelegate(m_map));
    m_map->setVerticalHeader(new LevelHeader(m_map));
    m_map->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_map->horizontalHeader()->setMinimumSectionSize(swatchSide);
    m_map->setSelectionMode(QAbstractItemView::NoSelection);
    m_map->setShowGrid(false);
    m_map->setCornerButtonEnabled(false);
    m_map->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_map->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_map->horizontalHeader()->setAccessibleName(tr("Blocks"));
    m_map->verticalHeader()->setAccessibleName(tr("Levels"));
    m_map->setAccessibleName(tr("Granularity attention by level and block, in percent"));
    m_map->setToolTip(tr("How much each level counts in each adapted block of the model, in percent"));
    layOut();
    connect(m_close, &QToolButton::clicked, this, &WhyPanel::closeRequested);
    setContent({});
}

void WhyPanel::layOut() {
    auto* heading = new QLabel(tr("WHY"), this);
    heading->setObjectName(u"heading"_s);
    auto* head = new QHBoxLayout;
    head->addWidget(heading, 1);
    head->addWidget(m_close);

    auto* chips = new QHBoxLayout(m_choice);
    chips->setContentsMargins(0, 0, 0, 0);
    chips->setSpacing(4);
    chips->addWidget(m_ofResult);
    chips->addWidget(m_ofQuery);
    chips->addStretch();

    m_facts->setContentsMargins(0, 8, 0, 0);
    m_facts->setHorizontalSpacing(12);
    m_facts->setVerticalSpacing(2);
    m_facts->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);

    auto* inner = new QWidget(this);
    inner->setObjectName(u"whyInner"_s);
    auto* column = new QVBoxLayout(inner);
    column->setContentsMargins(padding, 0, padding, padding);
    column->setSpacing(8);
    column->addWidget(m_picture);
    column->addWidget(m_queryTitle);
    column->addWidget(m_score);
    column->addWidget(m_resultName);
    column->addWidget(m_choice);
    column->addWidget(m_bar);
    column->addWidget(m_sentence);
    column->addWidget(m_none);
    column->addWidget(m_map);
    column->addLayout(m_facts);
    column->addStretch();
    auto* scroll = new QScrollArea(this);
    scroll->setObjectName(u"whyScroll"_s);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(inner);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* top = new QWidget(this);
    top->setLayout(head);
    head->setContentsMargins(0, 0, 8, 0);
    layout->addWidget(top);
    layout->addWidget(scroll, 1);
}

void WhyPanel::setContent(const WhyContent& content) {
    m_content = content;
    m_picture->setVisible(content.hasQuery);
    if (content.hasQuery && !content.queryPicture.isNull()) {
        const qreal ratio = devicePixelRatioF();
        QImage scaled = content.queryPicture.scaled(pictureRoom * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation);
        scaled.setDevicePixelRatio(ratio);
        m_picture->setPixmap(QPixmap::fromImage(scaled));
    } else {
        m_picture->setPixmap(symbolPixmap(u"images"_s, currentTheme().muted, 2 * rowHeight, devicePixelRatioF()));
    }
    m_picture->setAccessibleName(tr("The query: %1").arg(content.queryTitle));
    m_queryTitle->setVisible(content.hasQuery);
    m_queryTitle->setText(tr("Query: %1").arg(content.queryTitle));
    m_score->setVisible(content.score.has_value());
    if (content.score)
        m_score->setText(
            tr("%1 · %2 · rank %3").arg(formatScore(*content.score), closenessText(*content.score)).arg(content.rank));
    m_resultName->setVisible(content.result.has_value());
    if (content.result) m_resultName->setText(fileNameText(content.result->path));
    showAttention();
    showFacts();
}

void WhyPanel::showAttention() {
    const bool both = !m_content.queryAttention.empty() && !m_content.resultAttention.empty();
    m_choice->setVisible(both);
    const bool ofQuery = both ? m_ofQuery->isChecked() : m_content.resultAttention.empty();
    const std::vector<float>& attention = ofQuery ? m_content.queryAttention : m_content.resultAttention;
    m_model.setAttention(m_content.granularities, m_content.blocks, attention);
    const bool any = m_model.rowCount() > 0;
    for (QWidget* widget :
         {static_cast<QWidget*>(m_bar), static_cast<QWidget*>(m_sentence), static_cast<QWidget*>(m_map)})
        widget->setVisible(any);
    m_none->setVisible(!any);
    if (any) {
        const std::vector<double> mean = meanOverBlocks(attention, m_content.granularities.size());
        m_bar->setAttention(m_content.granularities, mean);
        m_sentence->setText(attentionSentence(m_content.granularities, mean));
        m_map->setFixedHeight(m_map->horizontalHeader()->sizeHint().height() + rowHeight * m_model.rowCount() + 2);
    } else if (!m_content.hasAdaptation) {
        m_none->setText(tr("The base model looks at one granularity only. Learn this collection, "
                           "and this panel shows which granularities decide."));
    } else if (m_content.hasQuery || m_content.result) {
        m_none->setText(tr("It is not known by which granularities this image was described."));
    } else {
        m_none->setText(tr("Choose an image to see by which granularities it is described."));
    }
}

void WhyPanel::showFacts() {
    while (m_facts->rowCount() > 0)
        m_facts->removeRow(0);
    if (!m_content.result) return;
    const Image& image = *m_content.result;
    const auto add = [this](const QString& name, const QString& value) {
        if (value.isEmpty()) return;
        auto* label = new QLabel(name, this);
        label->setObjectName(u"note"_s);
        auto* text = textLabel(u"fact"_s, this);
        text->setText(value);
        text->setTextInteractionFlags(Qt::TextSelectableByMouse);
        text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        m_facts->addRow(label, text);
    };
    const QLocale locale;
    add(tr("Folder"), pathText(image.path.parent_path()));
    if (image.takenAt != 0)
        add(tr("Taken"), locale.toString(QDateTime::fromSecsSinceEpoch(image.takenAt), QLocale::ShortFormat));
    if (image.width > 0) add(tr("Pixels"), tr("%1 × %2").arg(image.width).arg(image.height));
    add(tr("Type"), QString::fromStdString(image.format).toUpper());
    if (image.stamp.size > 0) add(tr("Size"), locale.formattedDataSize(static_cast<qint64>(image.stamp.size)));
    if (image.files > 1) add(tr("Copies"), tr("%Ln file(s) hold it", nullptr, static_cast<int>(image.files)));
    if (!image.online) add(tr("Place"), tr("not there at the moment"));
    add(tr("Damage"), QString::fromStdString(image.damage));
}

} // namespace grappa
