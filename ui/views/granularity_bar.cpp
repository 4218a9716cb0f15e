#include "ui/views/granularity_bar.h"

#include "ui/views/granularity_slider.h"
#include "ui/views/symbol_icon.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeySequence>
#include <QLabel>
#include <QSignalBlocker>
#include <QToolButton>

#include <algorithm>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int barHeight = 40;
constexpr int widestChoice = 200;

QString whyThereAreNone(Levels::State state) {
    switch (state) {
    case Levels::State::Ready:
        return {};
    case Levels::State::TooFew:
        return GranularityBar::tr("There are too few images to group them.");
    case Levels::State::Waiting:
        return GranularityBar::tr("The images are grouped once the import or the learning that runs is done.");
    case Levels::State::Computing:
        return GranularityBar::tr("The images are being grouped. The levels appear in a moment.");
    case Levels::State::Failed:
        return GranularityBar::tr("The images could not be grouped. It is tried again when images are added.");
    }
    return {};
}

void setUp(QToolButton* button, const QString& symbol, const QString& name, const QKeySequence& shortcut) {
    button->setIcon(symbolIcon(symbol));
    button->setIconSize({20, 20});
    button->setCheckable(true);
    button->setAutoRaise(true);
    button->setAccessibleName(name);
    button->setToolTip(u"%1 (%2)"_s.arg(name, shortcut.toString(QKeySequence::NativeText)));
}

} // namespace

GranularityBar::GranularityBar(QWidget* parent)
    : QWidget(parent)
    , m_slider(new GranularitySlider(this))
    , m_fine(new QLabel(tr("Same shot"), this))
    , m_coarse(new QLabel(tr("Same kind"), this))
    , m_name(new QLabel(this))
    , m_auto(new QToolButton(this))
    , m_learned(new QComboBox(this))
    , m_groups(new QToolButton(this))
    , m_why(new QToolButton(this)) {
    setObjectName(u"granularityBar"_s);
    setFixedHeight(barHeight);
    for (QLabel* label : {m_fine, m_coarse, m_name}) {
        label->setObjectName(u"note"_s);
        label->setTextFormat(Qt::PlainText);
    }
    m_name->setObjectName(u"levelName"_s);
    m_name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_auto->setObjectName(u"chip"_s);
    m_auto->setText(tr("Auto"));
    m_auto->setCheckable(true);
    m_auto->setAccessibleName(tr("Auto: as broadly as the images around it suggest"));
    m_auto->setToolTip(tr("As broadly as the images around it suggest: copies and near copies first, then the images "
                          "that belong with them. Usually the best answer."));
    m_learned->setObjectName(u"learned"_s);
    m_learned->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_learned->setMaximumWidth(widestChoice);
    m_learned->setAccessibleName(tr("What searches use"));
    m_learned->setToolTip(tr("Search by the base model, or by what was learned from a collection"));
    m_learned->hide();
    setUp(m_groups, u"groups"_s, tr("Show the groups"), Qt::CTRL | Qt::Key_G);
    setUp(m_why, u"why"_s, tr("Why this result is there"), Qt::CTRL | Qt::Key_I);
    m_groups->setObjectName(u"groupsButton"_s);
    m_why->setObjectName(u"whyButton"_s);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 0, 16, 0);
    layout->setSpacing(8);
    layout->addWidget(m_auto);
    layout->addSpacing(8);
    layout->addWidget(m_fine);
    layout->addWidget(m_slider);
    layout->addWidget(m_coarse);
    layout->addSpacing(8);
    layout->addWidget(m_name, 1);
    layout->addWidget(m_learned);
    layout->addWidget(m_groups);
    layout->addWidget(m_why);

    connect(m_slider, &GranularitySlider::stopChosen, this, [this] {
        m_auto->setChecked(false);
        emitLevel();
    });
    connect(m_groups, &QToolButton::clicked, this, &GranularityBar::groupsToggled);
    connect(m_why, &QToolButton::clicked, this, &GranularityBar::whyToggled);
    connect(m_auto, &QToolButton::clicked, this, &GranularityBar::emitLevel);
    connect(m_learned, &QComboBox::activated, this, [this](int row) {
        const QVariant id = m_learned->itemData(row);
        // It shows what is used, also where that could not be changed.
        m_learned->setCurrentIndex(m_usedRow);
        Q_EMIT learnedChosen(id.isValid() ? std::optional<std::int64_t>(id.toLongLong()) : std::nullopt);
    });
    setStops({}, Levels::State::TooFew);
}

void GranularityBar::setStops(const LevelStops& stops, Levels::State state) {
    const bool any = !stops.k.empty();
    m_whyNone = any ? QString() : whyThereAreNone(state);
    // Clusterings that all give the order of the vectors themselves.
    if (!any && state == Levels::State::Ready) m_whyNone = tr("These images have no groups that could be told apart.");
    {
        const QSignalBlocker blocker(m_slider);
        m_slider->setLevels(stops.k, stops.images);
    }
    m_groups->setEnabled(any);
    m_auto->setVisible(stops.neighbourhoods);
    updateEnabled();
}

void GranularityBar::setUse(Use use) {
    m_use = use;
    updateEnabled();
}

void GranularityBar::updateEnabled() {
    const bool any = !m_slider->levels().empty();
    {
        const QSignalBlocker blocker(m_slider);
        m_slider->setFirstStop(m_use == Use::Groups && any ? 1 : 0);
    }
    m_slider->setEnabled(any && m_use != Use::Nothing);
    m_auto->setEnabled(m_use == Use::Results);
    showName();
}

void GranularityBar::step(int by) {
    const bool hasAuto = m_use == Use::Results && m_auto->isVisibleTo(this);
    if (!m_slider->isEnabled() && !hasAuto) return;
    const int first = hasAuto ? -1 : m_slider->minimum(); // Auto comes before the slider's stops
    const int now = m_auto->isChecked() ? -1 : m_slider->value();
    const int next = std::clamp(now + by, first, m_slider->maximum());
    if (next == now) return;
    m_auto->setChecked(next < 0);
    if (next >= 0) m_slider->setValue(next);
    emitLevel();
}

void GranularityBar::setLevel(const std::string& level) {
    m_auto->setChecked(level == autoLevel);
    if (level != autoLevel) {
        const auto& k = m_slider->levels();
        const auto found =
            std::find_if(k.begin(), k.end(), [&](std::int64_t each) { return std::to_string(each) == level; });
        const QSignalBlocker blocker(m_slider);
        m_slider->setValue(found == k.end() ? 0 : static_cast<int>(found - k.begin()) + 1);
        m_slider->update();
    }
    showName();
}

void GranularityBar::setLearned(const std::vector<LearnedChoice>& choices, std::optional<std::int64_t> used) {
    m_learned->setVisible(!choices.empty());
    m_learned->clear();
    m_usedRow = 0;
    m_learned->addItem(tr("Base"));
    for (const LearnedChoice& choice : choices) {
        m_learned->addItem(choice.name, QVariant::fromValue<qlonglong>(choice.id));
        if (choice.id == used) m_usedRow = m_learned->count() - 1;
    }
    m_learned->setCurrentIndex(m_usedRow);
}

void GranularityBar::setWhyShown(bool shown) {
    m_why->setChecked(shown);
}

void GranularityBar::setGroupsShown(bool shown) {
    m_groups->setChecked(shown);
}

void GranularityBar::emitLevel() {
    showName();
    const int stop = m_slider->value();
    if (m_auto->isChecked()) {
        Q_EMIT levelChosen(autoLevel);
    } else {
        Q_EMIT levelChosen(stop == 0 ? rawLevel
                                     : std::to_string(m_slider->levels()[static_cast<std::size_t>(stop) - 1]));
    }
}

void GranularityBar::showName() {
    const int stop = m_slider->value();
    m_slider->setOverruled(m_auto->isChecked());
    QString name, tip;
    if (!m_whyNone.isEmpty()) {
        name = tip = m_whyNone;
    } else if (m_use == Use::Nothing) {
        name = tip = tr("Click an image to find what looks like it.");
    } else if (m_auto->isChecked()) {
        name = tr("what belongs together");
        tip = m_auto->toolTip();
    } else if (stop == 0) {
        name = tr("what looks the same");
    } else {
        name = m_slider->nameOf(stop);
        tip = tr("k = %1").arg(m_slider->levels()[static_cast<std::size_t>(stop) - 1]);
    }
    m_name->setText(name);
    m_name->setToolTip(tip);
    for (QWidget* widget :
         {static_cast<QWidget*>(m_slider), static_cast<QWidget*>(m_fine), static_cast<QWidget*>(m_coarse)})
        widget->setToolTip(m_slider->isEnabled() ? QString() : tip);
    m_slider->setAccessibleDescription(m_slider->isEnabled() ? m_slider->nameOf(stop) : tip);
}

} // namespace grappa
