#pragma once

#include "core/base/job.h"
#include "core/library/library.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace grappa {

/// All vectors of a set computed anew: kept in memory (as rows of its format), then saved as segments and put in the
/// place of the old ones in one commit, so that nobody ever sees half of them. Build the index afterwards
/// (indexEmbeddingSet).
class SetReplacement {
public:
    SetReplacement(Library& library, const EmbeddingSet& set);

    /// vectors [images.size(), dim], L2-normalised; images ascending, above those of the calls before.
    void add(std::span<const ImageId> images, std::span<const float> vectors);
    /// Waits for a running index job, which would take the new files for ones left behind. The set's levels go. Throws
    /// Interrupted; then nothing has changed.
    void commit(const SetMapping& mapping, const JobContext& context);

private:
    Library& m_library;
    EmbeddingSet m_set;
    std::vector<ImageId> m_images;
    RowFormat m_format;
    std::vector<std::byte> m_rows;
};

} // namespace grappa
