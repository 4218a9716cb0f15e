#pragma once

#include "ui/groups.h"

#include <QWidget>

#include <vector>

namespace grappa {

class ThumbnailLoader;

/// Floats beside the slider's bar: the name of a stop, what it means, and some of its clusters as rows of thumbnails.
class StopPreview : public QWidget {
    Q_OBJECT

public:
    /// thumbnails: its own, whose tiles it sizes.
    StopPreview(ThumbnailLoader* thumbnails, QWidget* parent);

    void setContent(const QString& name, const QString& meaning, const std::vector<SampleGroup>& groups);
    /// The same in words.
    QString text() const;
    /// To the left of `place`, so that what is found stays in sight, but on the screen.
    void showBeside(const QRect& globalPlace);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int headHeight(int width) const; ///< of the name and the meaning
    QRect rowRect(std::size_t row) const;

    ThumbnailLoader* m_thumbnails;
    QString m_name, m_meaning;
    std::vector<SampleGroup> m_groups;
};

} // namespace grappa
