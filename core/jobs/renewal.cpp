#include "core/jobs/renewal.h"

#include "core/jobs/whitened_base.h"

#include <string>

namespace grappa {

namespace {

/// Whether `other` is one of the base sets that an earlier version made of the images of `now`, or derives from one.
bool isOlder(const EmbeddingSet& other, const EmbeddingSet& now) {
    return other.key.adaptation.empty() && other.key.descriptor != now.key.descriptor &&
           other.key.modelHash == now.key.modelHash && other.key.inputSize == now.key.inputSize;
}

} // namespace

bool canBeRenewed(Library& library) {
    const std::optional<EmbeddingSet> used = library.defaultEmbeddingSet();
    return used && used->key.isRawBase() && used->key.descriptor == classAlone && used->vectors > 0 &&
           priorOf(*used).has_value();
}

RenewalSummary renewDescriptions(Library& library, Embedder& embedder, const ImportOptions& options,
                                 const std::function<void()>& derive, const JobContext& context) {
    RenewalSummary summary;
    const EmbeddingSetKey key = baseEmbeddingSet(embedder);
    for (const Collection& collection : library.collections())
        summary.described += importCollection(library, collection.id, embedder, options, context).embedded;
    derive();
    const EmbeddingSet now = *library.findEmbeddingSet(key);
    summary.kept = library.imagesWithoutVector(now.id).size();
    const std::optional<EmbeddingSet> used = library.defaultEmbeddingSet();
    if (used && isOlder(*used, now)) library.setSetting("default_set", std::to_string(now.id));
    if (summary.kept > 0) return summary;
    for (const EmbeddingSet& other : library.embeddingSets())
        if (isOlder(other, now)) library.removeEmbeddingSet(other.id);
    return summary;
}

} // namespace grappa
