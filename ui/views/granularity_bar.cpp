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
        return GranularityBar::tr("The images are grouped as soon as the work under way is done.");
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
    , m_fine(new QLabel(tr("same shot"), this))
    , m_coarse(new QLabel(tr("same kind"), this))
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
    m_auto->setAccessibleName(tr("Auto: each image together with its neighbours"));
    m_auto->setToolTip(tr("Each image is described together with its nearest neighbours. "
                          "Often the best; the very same shot may come later."));
    m_learned->setObjectName(u"learned"_s);
    m_learned->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_learned->setMaximumWidth(widestChoice);
    m_learned->setAccessibleName(tr("What searches use"));
    m_learned->setToolTip(tr("Search by the base model, or by what was learned from a collection"));
    m_learned->hide();
    setUp(m_groups, u"groups"_s, tr("Groups of this level"), Qt::CTRL | Qt::Key_G);
    setUp(m_why, u"why"_s, tr("Why a result is there"), Qt::CTRL | Qt::Key_I);
    m_groups->setObjectName(u"groupsButton"_s);
    m_why->setObjectName(u"whyButton"_s);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 0, 16, 0);
    layout->setSpacing(8);
    layout->addWidget(m_fine);
    layout->addWidget(m_slider);
    layout->addWidget(m_coarse);
    layout->addSpacing(8);
    layout->addWidget(m_auto);
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
    QString why = whyThereAreNone(state);
    // Clusterings that all give the order of the vectors themselves.
    if (!any && state == Levels::State::Ready) why = tr("These images have no groups that could be told apart.");
    {
        const QSignalBlocker blocker(m_slider);
        m_slider->setLevels(stops.k);
    }
    m_slider->setEnabled(any);
    m_groups->setEnabled(any);
    for (QWidget* widget :
         {static_cast<QWidget*>(m_slider), static_cast<QWidget*>(m_fine), static_cast<QWidget*>(m_coarse)})
        widget->setToolTip(any ? QString() : why);
    m_slider->setAccessibleDescription(why);
    m_auto->setVisible(stops.neighbourhoods);
    showName();
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
    m_slider->setOverruled(m_auto->isChecked());
    if (!m_slider->isEnabled()) {
        m_name->setText(m_slider->toolTip());
    } else if (m_auto->isChecked()) {
        m_name->setText(tr("with their neighbours"));
    } else {
        const int stop = m_slider->value();
        m_name->setText(stop == 0 ? tr("by the image itself") : m_slider->nameOf(stop));
        m_slider->setAccessibleDescription(m_slider->nameOf(stop));
    }
}

} // namespace grappa
