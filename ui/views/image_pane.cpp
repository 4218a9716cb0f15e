#include "ui/views/image_pane.h"

#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace grappa {

using namespace Qt::StringLiterals;

namespace {
constexpr int sideStep = 512;     ///< renderings are asked for in such steps
constexpr int largestSide = 4096; ///< more pixels would hold up the window while they arrive
} // namespace

ImagePane::ImagePane(Render render, QWidget* parent)
    : QWidget(parent)
    , m_render(std::move(render))
    , m_caption(new QLabel(this))
    , m_canvas(new ImageCanvas(this))
    , m_notice(new QLabel(this)) {
    m_caption->setObjectName(u"note"_s);
    m_caption->setTextFormat(Qt::PlainText);
    m_caption->setAlignment(Qt::AlignCenter);
    m_caption->hide();
    m_notice->setObjectName(u"notice"_s);
    m_notice->setTextFormat(Qt::PlainText);
    m_notice->setWordWrap(true);
    m_notice->setContentsMargins(16, 4, 16, 8);
    m_notice->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_caption);
    layout->addWidget(m_canvas, 1);
    layout->addWidget(m_notice);
    connect(m_canvas, &ImageCanvas::sharperWanted, this, [this] { request(largestSide); });
}

void ImagePane::show(const ViewedImage& image) {
    const bool same = !image.file.empty()
                          ? image.file == m_shown.file
                          : m_shown.file.empty() && image.pixels.cacheKey() == m_shown.pixels.cacheKey();
    m_shown = image;
    m_canvas->setRegion(image.region);
    m_canvas->setAccessibleName(image.title);
    if (same && !m_pixels.isNull()) return;
    m_notice->hide();
    ++m_generation;
    m_pixels = {};
    m_wantedSide.reset();
    if (image.file.empty()) {
        m_pixels = image.pixels;
        m_canvas->setImage(m_pixels, m_pixels.size());
        return m_canvas->fit();
    }
    if (image.preview.isNull()) {
        m_canvas->setMessage(tr("Reading %1…").arg(image.title));
    } else {
        m_canvas->setImage(image.preview, image.preview.size());
        m_canvas->fit();
    }
    const double longest = std::max(m_canvas->width(), m_canvas->height()) * devicePixelRatioF();
    request((static_cast<int>(longest) / sideStep + 1) * sideStep);
}

void ImagePane::request(int side) {
    if (m_shown.file.empty()) return;
    side = std::min(side, largestSide);
    if (std::max(m_pixels.width(), m_pixels.height()) >= side) return;
    m_wantedSide = side;
    requestNext();
}

void ImagePane::requestNext() {
    if (m_busy || !m_wantedSide) return;
    m_busy = true;
    const int side = *std::exchange(m_wantedSide, std::nullopt);
    const auto finish = [this] {
        m_busy = false;
        requestNext();
    };
    m_render(
        this, m_shown.file, side,
        [this, finish, generation = m_generation](Rendering rendering) {
            if (generation == m_generation) {
                m_pixels = std::move(rendering.image);
                m_canvas->setImage(m_pixels, rendering.fullSize);
            }
            finish();
        },
        [this, finish, generation = m_generation](const Problem& problem) {
            if (generation == m_generation && m_pixels.isNull()) showProblem(problem);
            finish();
        });
}

void ImagePane::showProblem(const Problem& problem) {
    if (m_shown.preview.isNull()) return m_canvas->setMessage(m_shown.title + u"\n"_s + problem.sentence);
    m_notice->setText(tr("Only the small picture of the import is at hand. %1").arg(problem.sentence));
    m_notice->show();
}

void ImagePane::setCaption(const QString& caption) {
    m_caption->setText(caption);
    m_caption->setVisible(!caption.isEmpty());
}

} // namespace grappa
