#pragma once

#include "core/library/library.h"

#include <stop_token>

namespace grappa {

/// Whether an import of the collection would find something to do: a folder that went or came back, a file that is new,
/// changed or gone. Looks at names and stamps only. Throws Interrupted.
bool hasFolderChanges(Library& library, CollectionId collection, std::stop_token stop);

} // namespace grappa
