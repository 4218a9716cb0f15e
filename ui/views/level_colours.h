#pragma once

#include <QColor>

#include <cstddef>

namespace grappa {

/// The colour of a level (design: Look), always with a number or a word beside it. fineness: 0 = the finest of `count`.
QColor levelColour(std::size_t fineness, std::size_t count);

} // namespace grappa
