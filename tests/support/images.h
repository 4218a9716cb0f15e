#pragma once

#include <QImage>
#include <QString>

namespace grappa::test {

/// A picture that no other seed gives: coloured shapes, so that a backbone sees something.
QImage makeImage(unsigned seed, int width = 160, int height = 128);

/// Writes `count` JPEGs named 0000.jpg... with seeds from `firstSeed` on. False when a file cannot be written.
bool writeImages(const QString& folder, int count, unsigned firstSeed = 0);

} // namespace grappa::test
