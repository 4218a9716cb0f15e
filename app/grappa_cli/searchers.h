#pragma once

#include "core/search/searcher.h"

#include <map>

namespace grappa {

/// Searchers over the sets that a query needs, each opened once; a SearcherOf (core/search/outside_query.h) by
/// std::ref.
class Searchers {
public:
    explicit Searchers(Library& library) : m_library(library) {}
    Searcher& operator()(const EmbeddingSet& set) {
        return m_searchers.try_emplace(set.id, m_library, set).first->second;
    }

private:
    Library& m_library;
    std::map<EmbeddingSetId, Searcher> m_searchers;
};

} // namespace grappa
