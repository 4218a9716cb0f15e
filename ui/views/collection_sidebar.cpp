#include "ui/views/collection_sidebar.h"

#include "ui/formatting.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QCoreApplication>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QShortcut>
#include <QSignalBlocker>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int sidebarWidth = 216;
constexpr int lineHeight = 32;
constexpr int noteHeight = 18;
constexpr int inset = 8;
constexpr int symbolSide = 16;
constexpr int noteFontPixels = 11;

/// One line with name and count; below it, in small, what needs attention.
class CollectionDelegate : public QStyledItemDelegate {
    Q_DECLARE_TR_FUNCTIONS(CollectionDelegate)

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const override {
        return {sidebarWidth, noteOf(index).isEmpty() ? lineHeight : lineHeight + noteHeight};
    }

    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const override {
        const int left = 2 * inset + symbolSide + inset / 2;
        editor->setGeometry(option.rect.adjusted(left, 2, -inset, 0)
                                .intersected(QRect(option.rect.topLeft(), QSize(option.rect.width(), lineHeight - 2))));
    }

    std::optional<CollectionId> dropTarget;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const Theme& theme = currentTheme();
        const bool selected = option.state & QStyle::State_Selected;
        const QRect row = option.rect.adjusted(inset, 1, -inset, -1);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        paintBackground(*painter, option, row);
        const QVariant id = index.data(CollectionListModel::IdRole);
        if (dropTarget && id.isValid() && id.toLongLong() == *dropTarget) {
            painter->setPen(QPen(theme.accent, 2, Qt::DashLine));
            painter->setBrush(Qt::NoBrush);
            painter->drawRoundedRect(row, 6, 6);
        }

        const qreal ratio = painter->device()->devicePixelRatioF();
        const QString symbol = index.row() == 0 ? u"images"_s : u"folders"_s;
        const QRect line(row.left() + inset, row.top(), row.width() - 2 * inset, lineHeight - 2);
        painter->drawPixmap(line.left(), line.center().y() - symbolSide / 2 + 1,
                            symbolPixmap(symbol, selected ? theme.text : theme.muted, symbolSide, ratio));

        painter->setFont(option.font);
        const QString count = formatCount(index.data(CollectionListModel::ImagesRole).toULongLong());
        painter->setPen(theme.muted);
        painter->drawText(line, Qt::AlignRight | Qt::AlignVCenter, count);
        const QFontMetrics metrics(option.font);
        const QRect name = line.adjusted(symbolSide + inset, 0, -metrics.horizontalAdvance(count) - inset, 0);
        painter->setPen(theme.text);
        painter->drawText(name, Qt::AlignLeft | Qt::AlignVCenter,
                          metrics.elidedText(index.data().toString(), Qt::ElideRight, name.width()));
        paintNote(*painter, option.font, index,
                  QRect(name.left(), line.bottom() - 3, line.right() - name.left(), noteHeight));
        painter->restore();
    }

private:
    static QString noteOf(const QModelIndex& index) {
        if (index.data(CollectionListModel::ImportingRole).toBool()) return tr("importing…");
        QStringList parts;
        const auto unreadable = index.data(CollectionListModel::UnreadableRole).toInt();
        if (unreadable > 0) parts << tr("%Ln unreadable", nullptr, unreadable);
        const auto offline = index.data(CollectionListModel::OfflineRole).toInt();
        if (offline > 0) parts << tr("%Ln offline", nullptr, offline);
        return parts.join(u" · "_s);
    }

    static void paintBackground(QPainter& painter, const QStyleOptionViewItem& option, const QRect& row) {
        const Theme& theme = currentTheme();
        const bool selected = option.state & QStyle::State_Selected;
        const bool hovered = option.state & QStyle::State_MouseOver;
        const bool focused = option.state & QStyle::State_HasFocus && option.state & QStyle::State_KeyboardFocusChange;
        painter.setPen(focused ? QPen(theme.accent, 2) : QPen(Qt::NoPen));
        painter.setBrush(selected || hovered ? QBrush(theme.tile) : QBrush(Qt::NoBrush));
        if (selected || hovered || focused) painter.drawRoundedRect(row, 6, 6);
        if (!selected) return;
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.accent);
        painter.drawRoundedRect(QRectF(row.left(), row.top() + 7, 3, row.height() - 14), 1.5, 1.5);
    }

    static void paintNote(QPainter& painter, QFont font, const QModelIndex& index, const QRect& rect) {
        const QString note = noteOf(index);
        if (note.isEmpty()) return;
        const Theme& theme = currentTheme();
        const bool importing = index.data(CollectionListModel::ImportingRole).toBool();
        const QColor colour = importing ? theme.accent : theme.warning;
        constexpr int noteSymbol = 12;
        int left = rect.left();
        if (!importing) {
            painter.drawPixmap(left, rect.top() + (rect.height() - noteSymbol) / 2,
                               symbolPixmap(u"warning"_s, colour, noteSymbol, painter.device()->devicePixelRatioF()));
            left += noteSymbol + 4;
        }
        font.setPixelSize(noteFontPixels);
        painter.setFont(font);
        painter.setPen(colour);
        painter.drawText(rect.adjusted(left - rect.left(), 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, note);
    }
};

} // namespace

CollectionSidebar::CollectionSidebar(CollectionListModel* model, QWidget* parent)
    : QWidget(parent), m_model(model), m_list(new QListView(this)) {
    setObjectName(u"sidebar"_s);
    setFixedWidth(sidebarWidth);
    setAttribute(Qt::WA_StyledBackground);

    auto* heading = new QLabel(tr("Collections"), this);
    heading->setObjectName(u"heading"_s);
    heading->setBuddy(m_list);

    m_list->setModel(model);
    m_delegate = new CollectionDelegate(m_list);
    m_list->setItemDelegate(m_delegate);
    m_list->setEditTriggers(QListView::EditKeyPressed);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setMouseTracking(true);
    m_list->setAcceptDrops(false);
    m_list->viewport()->setAcceptDrops(false);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->setAccessibleName(tr("Collections"));

    auto* add = new QPushButton(symbolIcon(u"folder-add"_s), tr("Add folders…"), this);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(heading);
    layout->addWidget(m_list, 1);
    m_sections = new QVBoxLayout;
    layout->addLayout(m_sections);
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(inset, inset, inset, inset);
    foot->addWidget(add);
    layout->addLayout(foot);

    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        if (!index.isValid()) return;
        m_current = m_model->collectionAt(index);
        Q_EMIT collectionChosen(m_current);
    });
    // A click on the row that is current already leads from a query back to its listing.
    connect(m_list, &QListView::clicked, this,
            [this](const QModelIndex& index) { Q_EMIT collectionChosen(m_model->collectionAt(index)); });
    connect(m_list, &QListView::customContextMenuRequested, this, &CollectionSidebar::showMenu);
    connect(model, &QAbstractItemModel::modelReset, this, [this] { setCurrent(m_current); });
    connect(model, &QAbstractItemModel::dataChanged, m_list, &QListView::doItemsLayout);
    connect(add, &QPushButton::clicked, this, [this] { Q_EMIT addFoldersRequested(std::nullopt); });
    auto* remove = new QShortcut(QKeySequence::Delete, m_list);
    remove->setContext(Qt::WidgetShortcut);
    connect(remove, &QShortcut::activated, this, [this] {
        if (const auto collection = m_model->collectionAt(m_list->currentIndex())) Q_EMIT removeRequested(*collection);
    });
    setCurrent(std::nullopt);
}

void CollectionSidebar::addSection(QWidget* section) {
    m_sections->addWidget(section);
}

void CollectionSidebar::setCurrent(std::optional<CollectionId> collection) {
    m_current = collection;
    const QSignalBlocker blocker(m_list->selectionModel());
    m_list->setCurrentIndex(m_model->indexOf(collection));
    m_list->viewport()->update();
}

std::optional<CollectionId> CollectionSidebar::collectionAt(const QPoint& place) const {
    return m_model->collectionAt(m_list->indexAt(m_list->viewport()->mapFrom(this, place)));
}

void CollectionSidebar::setDropTarget(std::optional<CollectionId> collection) {
    auto* delegate = static_cast<CollectionDelegate*>(m_delegate);
    if (delegate->dropTarget == collection) return;
    delegate->dropTarget = collection;
    m_list->viewport()->update();
}

void CollectionSidebar::showMenu(const QPoint& position) {
    const QModelIndex index = m_list->indexAt(position);
    const auto collection = m_model->collectionAt(index);
    if (!collection) return;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Scan again"), this, [this, collection] { Q_EMIT rescanRequested(*collection); });
    menu->addAction(tr("Add folders…"), this, [this, collection] { Q_EMIT addFoldersRequested(collection); });
    const Collection* record = m_model->find(*collection);
    QAction* unreadable = menu->addAction(tr("Show unreadable files…"), this,
                                          [this, collection] { Q_EMIT unreadableRequested(*collection); });
    unreadable->setEnabled(record && record->unreadable > 0);
    QAction* missing = menu->addAction(tr("Forget missing files"), this,
                                       [this, collection] { Q_EMIT forgetMissingRequested(*collection); });
    missing->setEnabled(record && record->offline > 0);
    addRelinks(menu, *collection);
    menu->addSeparator();
    menu->addAction(tr("Rename"), QKeySequence(Qt::Key_F2), this,
                    [this, index = QPersistentModelIndex(index)] { m_list->edit(index); });
    menu->addAction(symbolIcon(u"trash"_s), tr("Remove from Grappa"), QKeySequence(QKeySequence::Delete), this,
                    [this, collection] { Q_EMIT removeRequested(*collection); });
    menu->popup(m_list->viewport()->mapToGlobal(position));
}

void CollectionSidebar::addRelinks(QMenu* menu, CollectionId collection) {
    if (!m_folders) return;
    QMenu* relink = menu->addMenu(tr("A folder was moved"));
    for (const Folder& folder : m_folders(collection)) {
        const QString path = pathText(folder.path);
        relink->addAction(folder.online ? path : tr("%1 (offline)").arg(path), this,
                          [this, folder] { Q_EMIT relinkRequested(folder); });
    }
    relink->setEnabled(!relink->isEmpty());
}

} // namespace grappa
