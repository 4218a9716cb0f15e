#include "ui/views/adaptation_list.h"

#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QCoreApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>
#include <functional>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int lineHeight = 32;
constexpr int noteHeight = 18;
constexpr int inset = 8;
constexpr int markSide = 16; ///< of the circle that says what is in use
constexpr int noteFontPixels = 11;
constexpr int rowsShown = 5;

/// The circle in front of the name, as a radio button has it; a click on it uses the row.
QRect markRect(const QRect& row) {
    return {row.left() + inset, row.top() + (lineHeight - 2 - markSide) / 2, markSide, markSide};
}

class AdaptationDelegate : public QStyledItemDelegate {
    Q_DECLARE_TR_FUNCTIONS(AdaptationDelegate)

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    static QRect rowOf(const QRect& rect) { return rect.adjusted(inset, 1, -inset, -1); }

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const override {
        return {0, noteOf(index).isEmpty() ? lineHeight : lineHeight + noteHeight};
    }

    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const override {
        const int left = 2 * inset + markSide + inset / 2;
        editor->setGeometry(QRect(option.rect.left() + left, option.rect.top() + 2, option.rect.width() - left - inset,
                                  lineHeight - 2));
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const Theme& theme = currentTheme();
        const QRect row = rowOf(option.rect);
        const bool hovered = option.state & QStyle::State_MouseOver;
        const bool focused = option.state & QStyle::State_HasFocus && option.state & QStyle::State_KeyboardFocusChange;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(focused ? QPen(theme.accent, 2) : QPen(Qt::NoPen));
        painter->setBrush(hovered ? QBrush(theme.tile) : QBrush(Qt::NoBrush));
        if (hovered || focused) painter->drawRoundedRect(row, 6, 6);

        const bool used = index.data(AdaptationListModel::UsedRole).toBool();
        const QRectF mark = QRectF(markRect(row)).adjusted(1.5, 1.5, -1.5, -1.5);
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(used ? theme.accent : theme.muted, 1.5));
        painter->drawEllipse(mark);
        if (used) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(theme.accent);
            painter->drawEllipse(mark.adjusted(3, 3, -3, -3));
        }
        const QRect line(row.left() + 2 * inset + markSide, row.top(), row.width() - 3 * inset - markSide,
                         lineHeight - 2);
        QFont font = option.font;
        if (used) font.setWeight(QFont::DemiBold);
        painter->setFont(font);
        painter->setPen(theme.text);
        painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                          QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideRight, line.width()));
        QFont small = option.font;
        small.setPixelSize(noteFontPixels);
        painter->setFont(small);
        painter->setPen(theme.muted);
        painter->drawText(QRect(line.left(), line.bottom() - 3, line.width(), noteHeight),
                          Qt::AlignLeft | Qt::AlignVCenter,
                          QFontMetrics(small).elidedText(noteOf(index), Qt::ElideRight, line.width()));
        painter->restore();
    }

private:
    static QString noteOf(const QModelIndex& index) {
        QStringList parts;
        if (index.data(AdaptationListModel::UsedRole).toBool()) parts << tr("in use");
        const QString note = index.data(AdaptationListModel::NoteRole).toString();
        if (!note.isEmpty()) parts << note;
        return parts.join(u" · "_s);
    }
};

/// Remembers where it was pressed: the circle of a row does something else than its name.
class AdaptationView : public QListView {
public:
    using QListView::QListView;

    QPoint pressed;
    std::function<bool(int key)> handleKey;

protected:
    void keyPressEvent(QKeyEvent* event) override {
        if (event->modifiers() == Qt::NoModifier && handleKey(event->key())) return;
        QListView::keyPressEvent(event);
    }
    void mousePressEvent(QMouseEvent* event) override {
        pressed = event->position().toPoint();
        QListView::mousePressEvent(event);
    }
};

} // namespace

AdaptationList::AdaptationList(AdaptationListModel* model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_list(new AdaptationView(this))
    , m_learn(new QPushButton(tr("Learn this collection…"), this)) {
    auto* heading = new QLabel(tr("Learned"), this);
    heading->setObjectName(u"heading"_s);
    heading->setBuddy(m_list);
    m_list->setObjectName(u"adaptations"_s);
    m_list->setModel(model);
    m_list->setItemDelegate(new AdaptationDelegate(m_list));
    m_list->setEditTriggers(QListView::EditKeyPressed);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setMouseTracking(true);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setAccessibleName(tr("What searches can use"));
    m_learn->setObjectName(u"learnButton"_s);
    m_learn->setToolTip(tr("Grappa learns what matters in a collection, without labels"));

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(heading);
    layout->addWidget(m_list);
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(inset, inset, inset, 0);
    foot->addWidget(m_learn);
    layout->addLayout(foot);

    connect(m_list, &QListView::clicked, this, [this](const QModelIndex& index) {
        const QRect row = AdaptationDelegate::rowOf(m_list->visualRect(index));
        const int x = static_cast<AdaptationView*>(m_list)->pressed.x();
        x <= markRect(row).right() + inset / 2 ? use(index) : activate(index);
    });
    connect(m_list, &QListView::customContextMenuRequested, this, &AdaptationList::showMenu);
    connect(m_learn, &QPushButton::clicked, this, &AdaptationList::learnRequested);
    static_cast<AdaptationView*>(m_list)->handleKey = [this](int key) { return handleKey(key); };
    connect(model, &QAbstractItemModel::modelReset, this, &AdaptationList::fitHeight);
    connect(model, &QAbstractItemModel::dataChanged, this, [this] {
        m_list->doItemsLayout();
        fitHeight();
    });
    fitHeight();
}

/// As high as its rows, up to some of them.
void AdaptationList::fitHeight() {
    int height = 0;
    for (int row = 0; row < std::min(m_model->rowCount(), rowsShown); ++row)
        height += m_list->sizeHintForRow(row);
    m_list->setFixedHeight(height);
}

bool AdaptationList::handleKey(int key) {
    const QModelIndex index = m_list->currentIndex();
    const AdaptationRow* row = m_model->at(index);
    switch (key) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        activate(index);
        return true;
    case Qt::Key_Space:
        use(index);
        return true;
    case Qt::Key_Delete:
        if (row) Q_EMIT removeRequested(row->id);
        return true;
    default:
        return false;
    }
}

void AdaptationList::activate(const QModelIndex& index) {
    if (!index.isValid()) return;
    if (const AdaptationRow* row = m_model->at(index)) {
        Q_EMIT reportRequested(row->id);
    } else {
        use(index);
    }
}

void AdaptationList::use(const QModelIndex& index) {
    if (!index.isValid() || index.data(AdaptationListModel::UsedRole).toBool()) return;
    const AdaptationRow* row = m_model->at(index);
    Q_EMIT useRequested(row ? std::optional(row->id) : std::nullopt);
}

void AdaptationList::showMenu(const QPoint& position) {
    const QModelIndex index = m_list->indexAt(position);
    if (!index.isValid()) return;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    QAction* useIt = menu->addAction(tr("Use this"), QKeySequence(Qt::Key_Space), this,
                                     [this, index = QPersistentModelIndex(index)] { use(index); });
    useIt->setEnabled(!index.data(AdaptationListModel::UsedRole).toBool());
    const AdaptationRow* row = m_model->at(index);
    if (row) {
        const std::int64_t id = row->id;
        menu->addAction(tr("Show the report"), QKeySequence(Qt::Key_Return), this,
                        [this, id] { Q_EMIT reportRequested(id); });
        menu->addAction(symbolIcon(u"export"_s), tr("Export…"), this, [this, id] { Q_EMIT exportRequested(id); });
        menu->addSeparator();
        menu->addAction(tr("Rename"), QKeySequence(Qt::Key_F2), this,
                        [this, index = QPersistentModelIndex(index)] { m_list->edit(index); });
        menu->addAction(symbolIcon(u"trash"_s), tr("Delete"), QKeySequence(QKeySequence::Delete), this,
                        [this, id] { Q_EMIT removeRequested(id); });
    }
    menu->popup(m_list->viewport()->mapToGlobal(position));
}

} // namespace grappa
