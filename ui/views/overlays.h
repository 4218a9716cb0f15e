#pragma once

#include "ui/patch_maps.h"
#include "ui/views/image_pane.h"

#include <QObject>

#include <array>
#include <deque>
#include <functional>
#include <optional>

namespace grappa {

/// Lays what the model sees in each patch over the two images of a comparison.
class Overlays : public QObject {
    Q_OBJECT

public:
    enum class Mode {
        None,
        Attention, ///< of the [class] token
        Match,     ///< which patches of the two images are alike
    };
    /// Session::readMaps(), or a stand-in.
    using ReadMaps = std::function<void(QObject* context, const ViewedImage& image, std::function<void(PatchMaps)> done,
                                        std::function<void(Problem)> failed)>;

    Overlays(ReadMaps read, ImagePane* reference, ImagePane* main, QObject* parent);

    void setMode(Mode mode);
    Mode mode() const { return m_mode; }
    /// Another image is shown.
    void refresh();
    /// What is known was made by another model.
    void forget();
    /// What is seen, in a sentence; empty without an overlay.
    const QString& note() const { return m_note; }

Q_SIGNALS:
    void noteChanged();

private:
    struct Known {
        ViewedImage image;
        PatchMaps maps;
    };

    static constexpr std::size_t keptMaps = 8;

    const PatchMaps* mapsOf(const ViewedImage& image) const;
    void readNext();
    void apply();
    void hover(std::size_t pane, const std::optional<QPointF>& place);
    void lay(std::size_t pane, const std::vector<float>& bright, const std::vector<std::size_t>& marked);
    void setNote(const QString& note);
    QRectF squareOf(std::size_t pane) const;

    ReadMaps m_read;
    std::array<ImagePane*, 2> m_panes; ///< reference, main
    Mode m_mode = Mode::None;
    std::deque<Known> m_known; ///< the last used last
    bool m_reading = false;
    unsigned m_generation = 0; ///< of the model
    QString m_problem;
    std::size_t m_hoveredPane = 0;
    std::optional<std::size_t> m_hoveredPatch;
    QString m_note;
};

} // namespace grappa
