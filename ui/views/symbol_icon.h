#pragma once

#include <QIcon>
#include <QPixmap>

namespace grappa {

/// One of our symbols (resources/icons/<name>.svg), drawn in the colour of the text that the palette has at that
/// moment.
QIcon symbolIcon(const QString& name);
QPixmap symbolPixmap(const QString& name, const QColor& colour, int side, qreal devicePixelRatio);

} // namespace grappa
