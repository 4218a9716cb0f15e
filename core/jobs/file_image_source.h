#pragma once

#include "core/base/hash.h"
#include "core/image/decode_pool.h"
#include "core/training/image_source.h"

#include <filesystem>
#include <map>
#include <set>
#include <vector>

namespace grappa {

/// The images of an adaptation from their files, by decode workers that read ahead while the callers go up in order.
class FileImageSource : public ImageSource {
public:
    struct Item {
        std::filesystem::path path;
        ContentHash hash;
    };

    /// inputSize: S, side of the evaluation crop.
    FileImageSource(std::vector<Item> items, int inputSize, const DecodePoolOptions& decode = {});

    std::size_t size() const override { return m_items.size(); }
    /// Throws what the decoder says, with the file.
    Sample load(std::size_t index) override;
    std::uint64_t key(std::size_t index) const override;

private:
    void submit(std::size_t index);
    Sample take(std::size_t index);

    std::vector<Item> m_items;
    int m_inputSize;
    DecodePool m_pool;
    std::size_t m_next = 0;          ///< the next to be read ahead
    std::set<std::size_t> m_pending; ///< with the workers
    std::map<std::size_t, DecodeOutcome> m_ready;
    std::map<std::size_t, Error> m_failed; ///< files that could not be read; reported when they are asked for
};

} // namespace grappa
