#include "ui/views/filter_bar.h"

#include "ui/formatting.h"
#include "ui/views/symbol_icon.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDateEdit>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QSignalBlocker>
#include <QToolButton>
#include <QWidgetAction>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int barHeight = 40;
constexpr int typedMs = 200;

/// A list that is filled when it is opened: opened a second time by whoever has filled it.
class LazyComboBox : public QComboBox {
public:
    explicit LazyComboBox(QWidget* parent) : QComboBox(parent) {}

    std::function<void()> wanted;

    void showPopup() override { wanted(); }
    void showFilled() { QComboBox::showPopup(); }
};

QByteArray bytesOf(const std::filesystem::path& path) {
    return QByteArray::fromStdString(path.native());
}

/// Local midnight, as seconds since 1970.
std::int64_t secondsAt(const QDate& date) {
    return date.startOfDay().toSecsSinceEpoch();
}

QString shortDate(const QDate& date) {
    return QLocale().toString(date, QLocale::ShortFormat);
}

} // namespace

FilterBar::FilterBar(QWidget* parent)
    : QWidget(parent)
    , m_name(new QLineEdit(this))
    , m_folder(new LazyComboBox(this))
    , m_type(new QComboBox(this))
    , m_dates(new QToolButton(this))
    , m_clear(new QToolButton(this))
    , m_order(new QComboBox(this)) {
    setObjectName(u"filterBar"_s);
    setFixedHeight(barHeight);
    m_name->setPlaceholderText(tr("File name contains…"));
    m_name->setAccessibleName(tr("File name contains"));
    m_name->setClearButtonEnabled(true);
    m_name->setMinimumWidth(120);
    m_name->setMaximumWidth(240);

    m_folder->setAccessibleName(tr("Folder"));
    m_folder->addItem(tr("Any folder"));
    m_folder->setMinimumWidth(110);
    m_folder->setMaximumWidth(240);
    m_folder->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);

    m_type->setAccessibleName(tr("Type"));
    m_type->addItem(tr("Any type"));
    for (const auto* format : {"jpeg", "png", "webp", "tiff", "bmp", "gif", "heif", "avif", "jxl", "raw"})
        m_type->addItem(QString::fromLatin1(format).toUpper(), QString::fromLatin1(format));

    makeDates();
    m_clear->setIcon(symbolIcon(u"close"_s));
    m_clear->setAutoRaise(true);
    m_clear->setAccessibleName(tr("Clear the filter"));
    m_clear->setToolTip(tr("Clear the filter"));
    m_order->setAccessibleName(tr("Order"));

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 0, 16, 8);
    layout->setSpacing(8);
    layout->addWidget(m_name, 2);
    layout->addWidget(m_folder, 1);
    layout->addWidget(m_type);
    layout->addWidget(m_dates);
    layout->addWidget(m_clear);
    layout->addStretch(1);
    layout->addWidget(m_order);

    m_typed.setSingleShot(true);
    m_typed.setInterval(typedMs);
    connect(&m_typed, &QTimer::timeout, this, &FilterBar::emitFilter);
    connect(m_name, &QLineEdit::textEdited, &m_typed, qOverload<>(&QTimer::start));
    connect(m_name, &QLineEdit::returnPressed, this, &FilterBar::emitFilter);
    connect(m_folder, &QComboBox::currentIndexChanged, this, &FilterBar::emitFilter);
    connect(m_type, &QComboBox::currentIndexChanged, this, &FilterBar::emitFilter);
    connect(m_clear, &QToolButton::clicked, this, [this] { Q_EMIT filterChosen({}); });
    connect(m_order, &QComboBox::currentIndexChanged, this, [this] {
        const QVariant order = m_order->currentData();
        Q_EMIT orderChosen(order.isValid() ? std::optional(static_cast<ImageOrder>(order.toInt())) : std::nullopt);
    });
    static_cast<LazyComboBox*>(m_folder)->wanted = [this] { Q_EMIT foldersWanted(); };
    fillOrders(false);
    setState({}, {}, false);
}

void FilterBar::makeDates() {
    auto* menu = new QMenu(m_dates);
    auto* form = new QWidget(menu);
    auto* grid = new QGridLayout(form);
    grid->setContentsMargins(12, 8, 12, 8);
    m_fromUsed = new QCheckBox(tr("Taken from"), form);
    m_toUsed = new QCheckBox(tr("to"), form);
    m_from = new QDateEdit(form);
    m_to = new QDateEdit(QDate::currentDate(), form);
    m_from->setDate(QDate(QDate::currentDate().year(), 1, 1));
    m_from->setAccessibleName(tr("Taken from"));
    m_to->setAccessibleName(tr("Taken to"));
    grid->addWidget(m_fromUsed, 0, 0);
    grid->addWidget(m_from, 0, 1);
    grid->addWidget(m_toUsed, 1, 0);
    grid->addWidget(m_to, 1, 1);
    auto* action = new QWidgetAction(menu);
    action->setDefaultWidget(form);
    menu->addAction(action);
    m_dates->setMenu(menu);
    m_dates->setPopupMode(QToolButton::InstantPopup);
    m_dates->setObjectName(u"dates"_s);
    m_dates->setAccessibleName(tr("Date"));
    m_dates->setToolTip(tr("When the photograph was taken; images that do not say so are left out"));
    for (QCheckBox* box : {m_fromUsed, m_toUsed})
        connect(box, &QCheckBox::toggled, this, &FilterBar::emitFilter);
    // A date that is chosen is meant to be used.
    connect(m_from, &QDateEdit::dateChanged, this, [this] {
        const QSignalBlocker blocker(m_fromUsed);
        m_fromUsed->setChecked(true);
        emitFilter();
    });
    connect(m_to, &QDateEdit::dateChanged, this, [this] {
        const QSignalBlocker blocker(m_toUsed);
        m_toUsed->setChecked(true);
        emitFilter();
    });
}

void FilterBar::fillOrders(bool scored) {
    m_scored = scored;
    m_order->clear();
    if (scored) m_order->addItem(tr("Most similar first"));
    const auto add = [this](const QString& text, ImageOrder order) { m_order->addItem(text, static_cast<int>(order)); };
    if (!scored) m_order->addItem(tr("As added"));
    add(tr("Newest first"), ImageOrder::TakenNewestFirst);
    add(tr("Oldest first"), ImageOrder::Taken);
    add(tr("By name"), ImageOrder::Name);
    add(tr("By folder"), ImageOrder::Folder);
}

void FilterBar::setState(const ImageFilter& filter, std::optional<ImageOrder> order, bool scored) {
    const QSignalBlocker blockers[] = {QSignalBlocker(m_name),     QSignalBlocker(m_folder), QSignalBlocker(m_type),
                                       QSignalBlocker(m_fromUsed), QSignalBlocker(m_toUsed), QSignalBlocker(m_from),
                                       QSignalBlocker(m_to),       QSignalBlocker(m_order)};
    if (!m_typed.isActive()) {
        const QString name = QString::fromStdString(filter.nameContains);
        if (name != m_name->text()) m_name->setText(name);
    }
    if (scored != m_scored) fillOrders(scored);
    m_order->setCurrentIndex(order ? m_order->findData(static_cast<int>(*order)) : 0);
    m_type->setCurrentIndex(std::max(m_type->findData(QString::fromStdString(filter.format)), 0));
    if (filter.format.empty()) m_type->setCurrentIndex(0);
    if (filter.folder.empty()) {
        m_folder->setCurrentIndex(0);
    } else {
        const QByteArray bytes = bytesOf(filter.folder);
        if (m_folder->findData(bytes) < 0) m_folder->addItem(fileNameText(filter.folder), bytes);
        m_folder->setCurrentIndex(m_folder->findData(bytes));
    }
    m_fromUsed->setChecked(filter.takenFrom != 0);
    m_toUsed->setChecked(filter.takenTo != 0);
    if (filter.takenFrom != 0) m_from->setDate(QDateTime::fromSecsSinceEpoch(filter.takenFrom).date());
    if (filter.takenTo != 0) m_to->setDate(QDateTime::fromSecsSinceEpoch(filter.takenTo).date().addDays(-1));
    showDates();
    ImageFilter choices = filter;
    choices.collection.reset();
    choices.without.clear();
    m_clear->setVisible(choices.any());
}

void FilterBar::showDates() {
    QString text = tr("Any date");
    if (m_fromUsed->isChecked() && m_toUsed->isChecked()) {
        text = tr("%1 to %2").arg(shortDate(m_from->date()), shortDate(m_to->date()));
    } else if (m_fromUsed->isChecked()) {
        text = tr("from %1").arg(shortDate(m_from->date()));
    } else if (m_toUsed->isChecked()) {
        text = tr("to %1").arg(shortDate(m_to->date()));
    }
    m_dates->setText(text);
}

void FilterBar::setFolders(const std::vector<std::filesystem::path>& folders) {
    const QByteArray chosen = m_folder->currentData().toByteArray();
    const QSignalBlocker blocker(m_folder);
    m_folder->clear();
    m_folder->addItem(tr("Any folder"));
    for (const auto& folder : folders) {
        m_folder->addItem(pathText(folder), bytesOf(folder));
        m_folder->setItemData(m_folder->count() - 1, pathText(folder), Qt::ToolTipRole);
    }
    m_folder->setCurrentIndex(chosen.isEmpty() ? 0 : std::max(m_folder->findData(chosen), 0));
    static_cast<LazyComboBox*>(m_folder)->showFilled();
}

void FilterBar::focusName() {
    m_name->setFocus(Qt::ShortcutFocusReason);
    m_name->selectAll();
}

ImageFilter FilterBar::filter() const {
    ImageFilter filter;
    filter.nameContains = m_name->text().toStdString();
    filter.folder = m_folder->currentData().toByteArray().toStdString();
    filter.format = m_type->currentData().toString().toStdString();
    if (m_fromUsed->isChecked()) filter.takenFrom = secondsAt(m_from->date());
    if (m_toUsed->isChecked()) filter.takenTo = secondsAt(m_to->date().addDays(1));
    return filter;
}

void FilterBar::emitFilter() {
    m_typed.stop();
    showDates();
    Q_EMIT filterChosen(filter());
}

} // namespace grappa
