#pragma once

#include "ui/groups.h"

#include <QWidget>

#include <vector>

namespace grappa {

class ThumbnailLoader;

/// Floats beside a stop of the slider: its name, what it means, and some of its clusters as rows of thumbnails.
class StopPreview : public QWidget {
    Q_OBJECT

public:
    /// thumbnails: its own, whose tiles it sizes.
    StopPreview(ThumbnailLoader* thumbnails, QWidget* parent);

    void setContent(const QString& name, const QString& meaning, const std::vector<SampleGroup>& groups);
    /// The same in words.
    QString text() const;
    /// Above or below `place`, within the window.
    void showBeside(const QRect& globalPlace);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QRect rowRect(std::size_t row) const;

    ThumbnailLoader* m_thumbnails;
    QString m_name, m_meaning;
    std::vector<SampleGroup> m_groups;
};

} // namespace grappa
