#include "ui/views/report_page.h"

#include "ui/formatting.h"
#include "ui/learning_text.h"
#include "ui/models/picture_source.h"
#include "ui/views/image_strip.h"
#include "ui/views/symbol_icon.h"
#include "ui/views/theme.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>

#include <cmath>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {

constexpr int edge = 16;
constexpr int symbolSide = 20;
constexpr int queryTile = 96, resultTile = 80;
constexpr int resultLines = 3;
constexpr int columnGap = 32;
constexpr int sideWidth = 168;

QString signedPoints(double value) {
    const QString number = QLocale().toString(std::abs(value), 'f', 1);
    return (value < 0 ? u"−"_s : u"+"_s) + number;
}

QLabel* cell(QWidget* parent, Qt::Alignment alignment = Qt::AlignRight | Qt::AlignVCenter) {
    auto* label = new QLabel(parent);
    label->setAlignment(alignment);
    return label;
}

/// The style follows the name of the button, so it is polished anew.
void setPrimary(QPushButton* button, bool primary) {
    const QString name = primary ? u"primary"_s : QString();
    button->setDefault(primary);
    if (button->objectName() == name) return;
    button->setObjectName(name);
    button->style()->unpolish(button);
    button->style()->polish(button);
}

} // namespace

ReportPage::ReportPage(PictureSource& pictures, QWidget* parent) : QWidget(parent), m_pictures(pictures) {
    setObjectName(u"reportPage"_s);
    auto* area = new QScrollArea(this);
    area->setObjectName(u"plainArea"_s);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setAccessibleName(tr("Report"));
    auto* content = new QWidget(area);
    content->setObjectName(u"plainContent"_s);
    auto* inner = new QVBoxLayout(content);
    inner->setContentsMargins(edge, 0, edge, edge);
    inner->setSpacing(16);
    inner->addWidget(makeTable());
    inner->addWidget(makeComparison());
    inner->addStretch();
    area->setWidget(content);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHead());
    layout->addWidget(area, 1);
    setQuery(std::nullopt);
}

QWidget* ReportPage::makeHead() {
    auto* head = new QWidget(this);
    m_title = new QLabel(head);
    m_title->setObjectName(u"pageTitle"_s);
    m_title->setTextFormat(Qt::PlainText);
    auto* gallery = new QPushButton(symbolIcon(u"images"_s), tr("Gallery"), head);
    m_symbol = new QLabel(head);
    m_sentence = new QLabel(head);
    m_sentence->setObjectName(u"verdict"_s);
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setWordWrap(true);
    m_use = new QPushButton(tr("Use it"), head);
    m_base = new QPushButton(tr("Keep base"), head);
    m_remove = new QPushButton(symbolIcon(u"trash"_s), tr("Delete"), head);
    auto* line = new QHBoxLayout;
    line->setSpacing(8);
    line->addWidget(m_title, 1);
    line->addWidget(gallery);
    line->addWidget(m_use);
    line->addWidget(m_base);
    line->addWidget(m_remove);
    auto* verdict = new QHBoxLayout;
    verdict->setSpacing(8);
    verdict->addWidget(m_symbol, 0, Qt::AlignTop);
    verdict->addWidget(m_sentence, 1);
    auto* layout = new QVBoxLayout(head);
    layout->setContentsMargins(edge, 12, edge, 16);
    layout->setSpacing(12);
    layout->addLayout(line);
    layout->addLayout(verdict);
    connect(gallery, &QPushButton::clicked, this, &ReportPage::galleryRequested);
    connect(m_use, &QPushButton::clicked, this, [this] {
        if (m_row) Q_EMIT useRequested(m_row->id);
    });
    connect(m_base, &QPushButton::clicked, this, &ReportPage::baseRequested);
    connect(m_remove, &QPushButton::clicked, this, [this] {
        if (m_row) Q_EMIT removeRequested(m_row->id);
    });
    return head;
}

QWidget* ReportPage::makeTable() {
    m_table = new QWidget(this);
    m_table->setObjectName(u"reportTable"_s);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(columnGap);
    grid->setVerticalSpacing(6);
    const QString heads[] = {QString(), tr("Base"), tr("Learned"), tr("Change (95 % interval)")};
    for (int column = 0; column < 4; ++column) {
        QLabel* head = cell(m_table);
        head->setObjectName(u"note"_s);
        head->setText(heads[column]);
        grid->addWidget(head, 0, column);
    }
    const QString names[] = {tr("An altered copy finds its image first"), tr("Its mean reciprocal rank"),
                             tr("It shares its image's neighbours")};
    for (int row = 0; row < 3; ++row) {
        const Line line{cell(m_table, Qt::AlignLeft | Qt::AlignVCenter), cell(m_table), cell(m_table), cell(m_table)};
        line.name->setText(names[row]);
        grid->addWidget(line.name, row + 1, 0);
        grid->addWidget(line.base, row + 1, 1);
        grid->addWidget(line.learned, row + 1, 2);
        grid->addWidget(line.change, row + 1, 3);
        m_lines.push_back(line);
    }
    QLabel* agreement = cell(m_table, Qt::AlignLeft | Qt::AlignVCenter);
    agreement->setText(tr("Neighbours that are those of the base"));
    m_agreement = cell(m_table);
    grid->addWidget(agreement, 4, 0);
    grid->addWidget(m_agreement, 4, 2);
    m_sample = new QLabel(m_table);
    m_sample->setObjectName(u"note"_s);
    m_sample->setWordWrap(true);
    auto* row = new QHBoxLayout;
    row->addLayout(grid);
    row->addStretch();
    auto* layout = new QVBoxLayout(m_table);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(row);
    layout->addWidget(m_sample);
    return m_table;
}

QWidget* ReportPage::makeComparison() {
    auto* comparison = new QWidget(this);
    const auto heading = [comparison](const QString& text) {
        auto* label = new QLabel(text, comparison);
        label->setObjectName(u"sheetHeading"_s);
        label->setIndent(0);
        return label;
    };
    m_queryStrip = new ImageStrip(m_pictures, queryTile, 1, comparison);
    m_queryStrip->setFixedWidth(queryTile + 4);
    m_queryStrip->setTitle(tr("Image that is searched by"));
    m_another = new QPushButton(tr("Another image"), comparison);
    auto* selected = new QPushButton(tr("The selected image"), comparison);
    selected->setToolTip(tr("The image that is selected in the gallery"));
    auto* hint = new QLabel(tr("Click a result to compare its own results."), comparison);
    hint->setObjectName(u"note"_s);
    hint->setWordWrap(true);
    m_problem = new QLabel(comparison);
    m_problem->setWordWrap(true);
    auto* side = new QVBoxLayout;
    side->setSpacing(8);
    side->addWidget(heading(tr("Before and after")));
    side->addWidget(m_queryStrip, 0, Qt::AlignLeft);
    side->addWidget(m_another);
    side->addWidget(selected);
    side->addWidget(hint);
    side->addStretch();

    const auto results = [&](const QString& title) {
        auto* strip = new ImageStrip(m_pictures, resultTile, resultLines, comparison);
        strip->setBadges(true);
        strip->setTitle(title);
        connect(strip, &ImageStrip::activated, this, &ReportPage::queryChosen);
        return strip;
    };
    m_before = results(tr("Results of the base"));
    m_after = results(tr("Results of what was learned"));
    auto* columns = new QGridLayout;
    columns->setHorizontalSpacing(24);
    columns->setVerticalSpacing(8);
    columns->addWidget(heading(tr("Base")), 0, 0);
    columns->addWidget(heading(tr("Learned")), 0, 1);
    columns->addWidget(m_before, 1, 0);
    columns->addWidget(m_after, 1, 1);
    columns->addWidget(m_problem, 2, 0, 1, 2);
    columns->setRowStretch(3, 1);
    for (const int column : {0, 1})
        columns->setColumnStretch(column, 1);
    auto* layout = new QHBoxLayout(comparison);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(24);
    layout->addLayout(side);
    layout->addLayout(columns, 1);
    hint->setFixedWidth(sideWidth);
    connect(m_another, &QPushButton::clicked, this, &ReportPage::anotherQueryRequested);
    connect(selected, &QPushButton::clicked, this, &ReportPage::selectedQueryRequested);
    connect(m_queryStrip, &ImageStrip::activated, this, &ReportPage::searchRequested);
    return comparison;
}

void ReportPage::setAdaptation(const AdaptationRow& row, bool used) {
    m_row = row;
    m_report = learningReportOf(row.report);
    showReport();
    showButtons(used);
}

void ReportPage::showReport() {
    m_title->setText(QString::fromStdString(m_row->name));
    m_table->setVisible(m_report.has_value());
    const bool better = m_report && m_report->verdict == LearningVerdict::Better;
    m_symbol->setPixmap(symbolPixmap(better ? u"check"_s : u"warning"_s,
                                     better ? currentTheme().accent : currentTheme().warning, symbolSide,
                                     devicePixelRatioF()));
    if (!m_report) {
        m_sentence->setText(tr("There is no report of this. Compare the results below to see what it does."));
        return;
    }
    m_sentence->setText(verdictSentence(*m_report));
    setFigure(m_lines[0], m_report->copyFirst);
    setFigure(m_lines[1], m_report->copyMrr);
    setFigure(m_lines[2], m_report->neighbourhood);
    m_agreement->setText(formatPercent(m_report->agreement, 1));
    m_sample->setText(tr("Measured on %1 images that were never learned from, searched among %2.")
                          .arg(formatCount(m_report->heldOut), formatCount(m_report->gallery)));
}

void ReportPage::setFigure(const Line& line, const ReportFigure& figure) {
    line.base->setText(formatPercent(figure.base, 1));
    line.learned->setText(formatPercent(figure.learned, 1));
    line.change->setText(
        tr("%1 (%2 to %3)")
            .arg(signedPoints(figure.learned - figure.base), signedPoints(figure.low), signedPoints(figure.high)));
}

void ReportPage::showButtons(bool used) {
    const bool better = m_report && m_report->verdict == LearningVerdict::Better;
    m_use->setText(used ? tr("In use") : tr("Use it"));
    m_use->setEnabled(!used);
    m_base->setText(used ? tr("Back to base") : tr("Keep base"));
    setPrimary(m_use, better && !used);
    setPrimary(m_base, !better);
}

QPushButton* ReportPage::advised() const {
    return m_use->isDefault() ? m_use : m_base->isDefault() ? m_base : nullptr;
}

void ReportPage::setQuery(std::optional<ImageId> query) {
    m_query = query;
    m_queryStrip->setImages(query ? std::vector<StripImage>{{*query}} : std::vector<StripImage>());
    m_before->setImages({});
    m_after->setImages({});
    m_problem->setVisible(!query);
    if (!query) m_problem->setText(tr("Choose an image to see what it found before, and what it finds now."));
}

void ReportPage::setResults(const BeforeAfter& results) {
    const auto strip = [](const std::vector<RankedImage>& ranked, bool gone) {
        std::vector<StripImage> images;
        for (const RankedImage& image : ranked) {
            const bool marked = image.change == (gone ? RankChange::Gone : RankChange::New);
            // Where an image went is said once, on the side of the learned results.
            images.push_back({image.image, gone && !marked ? QString() : rankText(image), marked});
        }
        return images;
    };
    m_problem->hide();
    m_before->setImages(strip(results.before, true));
    m_after->setImages(strip(results.after, false));
}

void ReportPage::setProblem(const QString& sentence) {
    m_before->setImages({});
    m_after->setImages({});
    m_problem->setText(sentence);
    m_problem->show();
}

} // namespace grappa
