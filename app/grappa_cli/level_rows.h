#pragma once

#include "app/grappa_cli/program.h"

namespace grappa {

/// The levels of a set for JSON; the sizes of their clusters cost a look at every image.
Json levelRows(Library& library, EmbeddingSetId set, bool withSizes);
/// The same as a table.
std::string levelTable(const Json& rows);

} // namespace grappa
