#include "ui/views/learn_sheet.h"

#include "ui/formatting.h"
#include "ui/learning_text.h"
#include "ui/views/symbol_icon.h"

#include <QComboBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QRegularExpressionValidator>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QThread>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int collectionWidth = 420;

QLabel* note(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setObjectName(u"note"_s);
    label->setWordWrap(true);
    return label;
}

} // namespace

LearnSheet::LearnSheet(std::vector<Collection> collections, std::optional<CollectionId> chosen, QWidget* parent)
    : QDialog(parent)
    , m_collections(std::move(collections))
    , m_collection(new QComboBox(this))
    , m_note(note({}, this))
    , m_advanced(new QToolButton(this))
    , m_more(new QWidget(this))
    , m_start(new QPushButton(tr("Start learning"), this)) {
    setWindowTitle(tr("Learn a collection"));
    setAttribute(Qt::WA_DeleteOnClose);

    // The largest one is what is most worth learning.
    std::stable_sort(m_collections.begin(), m_collections.end(),
                     [](const Collection& a, const Collection& b) { return a.images > b.images; });
    m_collection->setAccessibleName(tr("Collection"));
    m_collection->setMinimumWidth(collectionWidth);
    for (const Collection& collection : m_collections) {
        m_collection->addItem(tr("%1 (%Ln image(s))", nullptr, static_cast<int>(collection.images))
                                  .arg(QString::fromStdString(collection.name)));
        if (collection.id == chosen) m_collection->setCurrentIndex(m_collection->count() - 1);
    }
    auto* title = new QLabel(tr("Learn"), this);
    title->setObjectName(u"title"_s);
    title->setBuddy(m_collection);
    auto* head = new QHBoxLayout;
    head->setSpacing(12);
    head->addWidget(title);
    head->addWidget(m_collection, 1);

    m_advanced->setText(tr("Advanced"));
    m_advanced->setObjectName(u"advanced"_s);
    m_advanced->setCheckable(true);
    m_advanced->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_advanced->setArrowType(Qt::RightArrow);
    m_start->setObjectName(u"primary"_s);
    m_start->setDefault(true);
    m_note->setObjectName(u"note"_s);
    auto* cancel = new QPushButton(tr("Cancel"), this);
    auto* foot = new QHBoxLayout;
    foot->setSpacing(8);
    foot->addStretch();
    foot->addWidget(cancel);
    foot->addWidget(m_start);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 20, 24, 16);
    layout->setSpacing(16);
    layout->setSizeConstraint(QLayout::SetFixedSize);
    layout->addLayout(head);
    layout->addWidget(
        note(tr("Grappa adapts its model to these images, without labels and on this computer. You can go "
                "on searching meanwhile, pause at any time, and compare before you use the result."),
             this));
    layout->addLayout(makeDepths());
    layout->addLayout(makeDevice());
    layout->addWidget(m_advanced, 0, Qt::AlignLeft);
    layout->addWidget(makeAdvanced());
    layout->addWidget(m_note);
    layout->addLayout(foot);

    connect(m_collection, &QComboBox::currentIndexChanged, this, &LearnSheet::ask);
    connect(m_device, &QComboBox::activated, this, &LearnSheet::ask);
    connect(m_advanced, &QToolButton::toggled, this, [this](bool open) {
        m_advanced->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
        m_more->setVisible(open);
    });
    connect(m_name, &QLineEdit::textChanged, this, &LearnSheet::update);
    connect(m_granularities, &QLineEdit::textChanged, this, &LearnSheet::update);
    connect(cancel, &QPushButton::clicked, this, &QDialog::close);
    connect(m_start, &QPushButton::clicked, this, &LearnSheet::start);
    m_more->hide();
    update();
}

QLayout* LearnSheet::makeDepths() {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    addDepth(grid, u"quick"_s, tr("Quick"), tr("A first look at what can be gained"));
    addDepth(grid, u"normal"_s, tr("Normal"), tr("What suits most collections"));
    addDepth(grid, u"thorough"_s, tr("Thorough"), tr("The last bit, overnight"));
    m_depths[1].button->setChecked(true);
    return grid;
}

void LearnSheet::addDepth(QGridLayout* grid, const QString& name, const QString& title, const QString& what) {
    const Depth depth{name, new QRadioButton(title, this), new QLabel(this)};
    depth.time->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    depth.button->setAccessibleDescription(what);
    const auto line = static_cast<int>(m_depths.size());
    grid->addWidget(depth.button, line, 0);
    grid->addWidget(note(what, this), line, 1);
    grid->addWidget(depth.time, line, 2);
    m_depths.push_back(depth);
}

QLayout* LearnSheet::makeDevice() {
    m_device = new QComboBox(this);
    m_device->setAccessibleName(tr("Device"));
    m_device->addItem(tr("Automatic"), u"auto"_s);
    auto* label = new QLabel(tr("Device"), this);
    label->setBuddy(m_device);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    row->addWidget(label);
    row->addWidget(m_device);
    row->addStretch();
    return row;
}

QWidget* LearnSheet::makeAdvanced() {
    m_name = new QLineEdit(m_more);
    m_name->setAccessibleName(tr("Name"));
    m_name->setPlaceholderText(tr("The collection's, with a number"));
    m_granularities = new QLineEdit(m_more);
    m_granularities->setAccessibleName(tr("Granularities"));
    m_granularities->setObjectName(u"granularities"_s);
    m_granularities->setPlaceholderText(tr("From the number of images; or for example 16, 64, 256"));
    static const QRegularExpression list(u"\\s*|\\s*[1-9]\\d{0,6}\\s*(,\\s*[1-9]\\d{0,6}\\s*)*"_s);
    m_granularities->setValidator(new QRegularExpressionValidator(list, m_granularities));
    m_threads = new QSpinBox(m_more);
    m_threads->setAccessibleName(tr("Threads"));
    m_threads->setRange(0, std::max(1, QThread::idealThreadCount()));
    m_threads->setSpecialValueText(tr("all"));
    m_seed = new QSpinBox(m_more);
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setRange(0, std::numeric_limits<int>::max());
    for (QSpinBox* box : {m_threads, m_seed})
        box->setButtonSymbols(QSpinBox::NoButtons);
    m_seed->setToolTip(tr("The same seed gives the same result"));
    auto* form = new QFormLayout(m_more);
    form->setContentsMargins(0, 0, 0, 0);
    form->setHorizontalSpacing(12);
    form->setVerticalSpacing(8);
    form->addRow(tr("Name"), m_name);
    form->addRow(tr("Granularities"), m_granularities);
    form->addRow(tr("Threads"), m_threads);
    form->addRow(tr("Seed"), m_seed);
    return m_more;
}

const Collection* LearnSheet::collection() const {
    const int row = m_collection->currentIndex();
    return row < 0 ? nullptr : &m_collections[static_cast<std::size_t>(row)];
}

void LearnSheet::ask() {
    const Collection* chosen = collection();
    m_problem.clear();
    const bool measurable = chosen && chosen->images >= fewestImages && m_hindrance.isEmpty();
    for (const Depth& depth : m_depths)
        depth.time->setText(measurable ? tr("measuring…") : QString());
    update();
    if (measurable) Q_EMIT estimateWanted(QString::fromStdString(chosen->name), m_device->currentData().toString());
}

void LearnSheet::setEstimate(const AdaptEstimate& estimate) {
    const std::optional<double> seconds[] = {estimate.quick, estimate.normal, estimate.thorough};
    for (std::size_t i = 0; i < m_depths.size(); ++i) {
        const QString time = seconds[i] ? tr("about %1").arg(formatDuration(*seconds[i])) : tr("not known");
        m_depths[i].time->setText(time);
        m_depths[i].button->setAccessibleName(tr("%1, %2").arg(m_depths[i].button->text(), time));
    }
    if (m_device->currentData().toString() != u"auto"_s) return update();
    // What "automatic" means here; a GPU can be passed over.
    const QSignalBlocker blocker(m_device);
    m_device->clear();
    m_device->addItem(deviceName(estimate.device), u"auto"_s);
    if (estimate.device != u"cpu"_s) m_device->addItem(deviceName(u"cpu"_s), u"cpu"_s);
    update();
}

void LearnSheet::setProblem(const Problem& problem) {
    for (const Depth& depth : m_depths)
        depth.time->setText(tr("not known"));
    m_problem = problem.sentence;
    m_note->setToolTip(problem.detail);
    update();
}

void LearnSheet::setHindrance(const QString& sentence) {
    if (sentence == m_hindrance) return;
    m_hindrance = sentence;
    ask();
}

void LearnSheet::update() {
    const Collection* chosen = collection();
    QString sentence = m_hindrance;
    bool possible = m_hindrance.isEmpty();
    if (!chosen) {
        sentence = tr("There is no collection yet. Add a folder of images first.");
        possible = false;
    } else if (possible && chosen->images < fewestImages) {
        sentence = tr("Learning needs %1 images or more. Add more folders to this collection first.").arg(fewestImages);
        possible = false;
    } else if (possible && m_taken && m_taken(m_name->text().trimmed())) {
        sentence = tr("Something learned has this name already. Choose another one.");
        possible = false;
    } else if (possible && !m_granularities->hasAcceptableInput()) {
        sentence = tr("Granularities are numbers of groups, with commas between them.");
        possible = false;
    } else if (possible) {
        sentence = m_problem;
    }
    m_note->setText(sentence);
    m_note->setVisible(!sentence.isEmpty());
    m_start->setEnabled(possible);
}

AdaptRequest LearnSheet::request() const {
    AdaptRequest request;
    if (const Collection* chosen = collection()) request.collection = QString::fromStdString(chosen->name);
    request.name = m_name->text().trimmed();
    for (const Depth& depth : m_depths) {
        if (depth.button->isChecked()) request.depth = depth.name;
    }
    request.device = m_device->currentData().toString();
    request.threads = m_threads->value();
    request.seed = static_cast<std::uint64_t>(m_seed->value());
    request.granularities = m_granularities->text().remove(u' ');
    return request;
}

void LearnSheet::start() {
    Q_EMIT startRequested(request());
    close();
}

} // namespace grappa
