#pragma once

#include "ui/error_text.h"
#include "ui/jobs/serve_client.h"
#include "ui/views/image_canvas.h"

#include <filesystem>
#include <functional>
#include <optional>

class QLabel;

namespace grappa {

/// An image to be viewed large.
struct ViewedImage {
    QString title;
    std::filesystem::path file{}; ///< empty: `pixels` are all there is
    QImage pixels{};
    QImage preview{};              ///< shown until the file is decoded
    std::optional<QRect> region{}; ///< marked, in pixels of the upright image
};

/// A canvas with a title that asks for the pixels of its image, and for more of them when it is zoomed.
class ImagePane : public QWidget {
    Q_OBJECT

public:
    /// Session::render(), or a stand-in: pixels of a file with the long side at most `side`.
    using Render = std::function<void(QObject* context, const std::filesystem::path& file, int side,
                                      std::function<void(Rendering)> done, std::function<void(Problem)> failed)>;

    ImagePane(Render render, QWidget* parent = nullptr);

    void show(const ViewedImage& image);
    const ViewedImage& shown() const { return m_shown; }
    ImageCanvas* canvas() const { return m_canvas; }
    /// The largest rendering that has come; null until then.
    const QImage& pixels() const { return m_pixels; }
    void setCaption(const QString& caption); ///< over the canvas; empty = none

private:
    void request(int side);
    void requestNext();
    /// What is shown meanwhile stays, where there is something.
    void showProblem(const Problem& problem);

    Render m_render;
    QLabel* m_caption;
    ImageCanvas* m_canvas;
    QLabel* m_notice; ///< below it
    ViewedImage m_shown;
    QImage m_pixels;
    unsigned m_generation = 0;
    bool m_busy = false; ///< one rendering at a time: a newer wish replaces the waiting one
    std::optional<int> m_wantedSide;
};

} // namespace grappa
