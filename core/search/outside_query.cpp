#include "core/search/outside_query.h"

#include "core/base/file_io.h"
#include "core/search/diffused_set.h"

namespace grappa {

namespace {

/// The set itself, or the plain one that it was diffused from.
EmbeddingSet plainOf(Library& library, const EmbeddingSet& set) {
    if (set.key.smoothing == "raw") return set;
    const auto plain = library.findEmbeddingSet(plainKey(set.key));
    if (!plain) throw Error(ErrorCode::NotFound, "The vectors that were spread over their neighbours are gone.");
    return *plain;
}

std::vector<float> diffused(Library& library, const EmbeddingSet& set, const EmbeddingSet& plain,
                            std::span<const float> vector, std::optional<ImageId> image, const SearcherOf& searcherOf) {
    LocalDiffusion diffusion(library, searcherOf(plain), searcherOf(set));
    diffusion.add(vector, image);
    return diffusion.vectors();
}

} // namespace

std::optional<ImageId> imageOfFile(Library& library, const std::filesystem::path& file) {
    constexpr std::uint64_t fileLimit = std::uint64_t{512} << 20; // as an import's
    FileBytes read;
    try {
        read = readUserFile(file, fileLimit);
    } catch (const Error&) {
        return std::nullopt; // whoever describes the file says what is wrong with it
    }
    return library.findImage(hashBytes(read.bytes));
}

std::vector<float> outsideQuery(Library& library, const EmbeddingSet& set, std::span<const float> vector,
                                const SearcherOf& searcherOf) {
    const EmbeddingSet plain = plainOf(library, set);
    std::vector<float> query(vector.begin(), vector.end());
    if (const auto whitening = library.whitening(plain.id)) query = whitenedBy(*whitening, query);
    return plain.id == set.id ? query : diffused(library, set, plain, query, {}, searcherOf);
}

std::optional<std::vector<float>> libraryQuery(Library& library, const EmbeddingSet& set, ImageId image,
                                               const SearcherOf& searcherOf) {
    std::optional<std::vector<float>> vector = searcherOf(set).vectorOf(image);
    if (vector || set.key.smoothing == "raw") return vector;
    const EmbeddingSet plain = plainOf(library, set);
    vector = searcherOf(plain).vectorOf(image);
    if (!vector) return vector;
    return diffused(library, set, plain, *vector, image, searcherOf);
}

} // namespace grappa
