#include "core/jobs/import_job.h"

#include "core/jobs/derived_sets.h"
#include "core/jobs/embedding_pipeline.h"
#include "core/library/folder_scanner.h"
#include "core/library/thumbnail_store.h"
#include "core/search/index_job.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace grappa {

namespace {

/// A file that is new, changed, or has no vector yet.
struct Candidate {
    FolderId folder = 0;
    std::filesystem::path root;
    std::filesystem::path relativePath;
    FileStamp stamp; ///< as the scan saw it
};

/// New vectors after which they take their places in the sets that are searched.
constexpr std::uint64_t placeAfter = 500;

/// Whether trying again may help although size and time are the same (permissions do not change either).
bool worthRetrying(ErrorCode code) {
    return code == ErrorCode::FileUnreadable || code == ErrorCode::FileChanged;
}

void addTo(LeftAlone& all, const LeftAlone& more) {
    all.videos += more.videos;
    all.sidecars += more.sidecars;
    all.companions += more.companions;
    all.others += more.others;
}

class Import {
public:
    Import(Library& library, CollectionId collection, Embedder& embedder, const ImportOptions& options,
           const JobContext& context, const OnCommitted& committed)
        : m_library(library)
        , m_embedder(embedder)
        , m_options(options)
        , m_context(context)
        , m_committed(committed)
        , m_set(library.embeddingSet(baseEmbeddingSet(embedder), embedder.dim()))
        , m_thumbnails(library.paths().thumbnails())
        , m_newDecoders(library.setting(decodersSetting) != decoders()) {
        if (!library.setting("default_set")) library.setSetting("default_set", std::to_string(m_set.id));
        for (const Folder& folder : library.folders(collection))
            scan(folder);
    }

    ImportSummary run() {
        const std::size_t batch =
            m_options.batch > 0 ? m_options.batch : static_cast<std::size_t>(m_embedder.preferredBatch());
        DecodePoolOptions decode = m_options.decode;
        // Enough that the workers fill the next batch while the model computes this one.
        if (decode.queued == 0) decode.queued = static_cast<int>(2 * batch);
        DecodePool pool(decode);
        m_meter.emplace(m_context, "import", m_candidates.size());
        m_meter->advanceTo(0);

        // Looks up what the catalogue knows while the caller's thread commits: a connection never leaves its thread.
        std::optional<FileReader> reader;
        const PipelineSource source = [&]() -> std::optional<PipelineItem> {
            if (!reader) reader.emplace(*this);
            std::optional<PipelineItem> item = reader->next();
            if (!item) reader.reset();
            return item;
        };
        const PipelineSink sink = [&](std::span<PipelineResult> results) { commit(results, pool.workers()); };
        const PipelineStatistics statistics = runEmbeddingPipeline(pool, &m_embedder, batch, source, sink, m_context);
        m_summary.decodeWaitSeconds = statistics.decodeWaitSeconds;
        m_summary.embedSeconds = statistics.embedSeconds;
        indexEmbeddingSet(m_library, m_set, indexOptions(), m_context);
        // Now that new files are known: what only changed its place is not missing.
        m_summary.moved = m_library.forgetMoved();
        m_summary.offline -= std::min(m_summary.offline, m_summary.moved);
        if (m_newDecoders) m_library.setSetting(decodersSetting, decoders());
        return m_summary;
    }

private:
    /// Descriptors with patches are searched by the plain set that derives from them at the end of an import; until
    /// then a scan serves.
    IndexOptions indexOptions() const {
        IndexOptions options;
        if (m_set.key.descriptor == withPatches) options.indexAbove = SIZE_MAX;
        return options;
    }

    /// Files that an earlier build could not decode are tried again when another one has other libraries.
    static constexpr std::string_view decodersSetting = "decoders";
    static std::string decoders() { return GRAPPA_VERSION ", " + imageLibraryVersions(); }

    /// The pipeline's source, on the pipeline's thread.
    class FileReader {
    public:
        explicit FileReader(Import& import)
            : m_import(import)
            , m_library(import.m_library.paths(), Library::Access::ReadOnly)
            , m_thumbnails(import.m_library.paths().thumbnails()) {}

        std::optional<PipelineItem> next() {
            if (m_next == m_import.m_candidates.size()) return std::nullopt;
            const std::uint64_t id = m_next++;
            const Candidate& candidate = m_import.m_candidates[id];
            ImportedFile file;
            file.folder = candidate.folder;
            file.relativePath = candidate.relativePath;
            PipelineItem item{id, std::nullopt};
            try {
                FileBytes read = readUserFile(candidate.root / candidate.relativePath, m_import.m_options.fileLimit);
                file.stamp = read.stamp;
                file.hash = hashBytes(read.bytes);
                item.task = taskFor(file.hash, std::move(read.bytes));
                if (!item.task) describeKnown(file);
            } catch (const Error& error) {
                file.error = error.code();
                file.reason = error.what();
                file.stamp = candidate.stamp;
            }
            m_import.keep(id, std::move(file));
            return item;
        }

    private:
        std::optional<DecodeTask> taskFor(const ContentHash& hash, std::vector<std::byte> bytes) {
            const std::optional<ImageId> known = m_library.findImage(hash);
            const bool embed = !known || !m_library.hasVector(m_import.m_set.id, *known);
            const bool reread = m_import.m_options.reread;
            const bool thumbnail = reread || !m_thumbnails.contains(hash);
            if (known && !embed && !thumbnail) return std::nullopt;
            DecodeTask task;
            task.bytes = std::move(bytes);
            task.cropSize = embed ? m_import.m_embedder.inputSize() : 0;
            task.wholeFrame = true;
            task.thumbnail = thumbnail;
            return task;
        }

        void describeKnown(ImportedFile& file) {
            const std::optional<ImageId> known = m_library.findImage(file.hash);
            const std::optional<Image> image = known ? m_library.image(*known) : std::nullopt;
            if (!image) return;
            file.width = image->width;
            file.height = image->height;
            file.format = image->format;
            file.damage = image->damage;
            file.takenAt = image->takenAt;
        }

        Import& m_import;
        Library m_library;
        ThumbnailStore m_thumbnails;
        std::size_t m_next = 0;
    };

    void scan(const Folder& folder) {
        std::vector<FileId> seen;
        ProgressMeter meter(m_context, "scan", 0);
        ScanSummary scanned;
        try {
            const ScanOptions options{.companions = m_library.readsCompanions(folder.path)};
            const auto look = [&](ScannedFile file) {
                ++m_summary.found;
                meter.advanceTo(m_summary.found);
                const std::optional<File> known = m_library.findFile(folder.id, file.relativePath);
                if (known) seen.push_back(known->id);
                if (known && known->stamp == file.stamp && !m_options.reread) {
                    if (known->state == FileState::Unreadable && !m_newDecoders && !worthRetrying(known->error)) {
                        ++m_summary.unreadable;
                        return;
                    }
                    if (known->image && m_library.hasVector(m_set.id, *known->image)) {
                        ++m_summary.unchanged;
                        return;
                    }
                }
                m_candidates.push_back({folder.id, folder.path, std::move(file.relativePath), file.stamp});
            };
            scanned = scanFolder(folder.path, m_context, look, options);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::NotFound) throw;
            m_library.setFolderOnline(folder.id, false);
            return;
        }
        if (!folder.online) m_library.setFolderOnline(folder.id, true);
        addTo(m_summary.leftAlone, scanned.leftAlone);
        recordFailures(folder, scanned.failures, seen);
        m_summary.offline += m_library.markSeen(folder.id, seen);
    }

    void recordFailures(const Folder& folder, const std::vector<ScanFailure>& failures, std::vector<FileId>& seen) {
        std::vector<ImportedFile> rows;
        for (const ScanFailure& failure : failures) {
            ImportedFile row;
            row.folder = folder.id;
            row.relativePath = failure.relativePath;
            row.error = ErrorCode::FileUnreadable;
            row.reason = failure.reason;
            rows.push_back(std::move(row));
        }
        if (rows.empty()) return;
        m_library.commitBatch(m_set.id, rows);
        m_summary.unreadable += rows.size();
        for (const ScanFailure& failure : failures)
            if (const auto file = m_library.findFile(folder.id, failure.relativePath)) seen.push_back(file->id);
    }

    void commit(std::span<PipelineResult> results, int workers) {
        std::vector<ImportedFile> batch;
        std::vector<std::pair<ContentHash, std::vector<std::byte>>> thumbnails;
        for (PipelineResult& result : results) {
            ImportedFile file = take(result.id);
            if (result.decoded) describe(file, *result.decoded, thumbnails);
            file.vector = std::move(result.vector);
            file.parts = std::move(result.parts);
            if (file.error) {
                ++m_summary.unreadable;
            } else {
                ++m_summary.imported;
                m_summary.damaged += file.damage.empty() ? 0 : 1;
            }
            batch.push_back(std::move(file));
        }
        // Derived data first: a row that is committed has its thumbnail.
        m_thumbnails.put(thumbnails);
        const Library::Committed committed = m_library.commitBatch(m_set.id, batch);
        m_summary.embedded += committed.newVectors;
        m_done += batch.size();
        if (m_committed) m_committed(m_set.id, committed);
        m_meter->advanceTo(m_done, std::to_string(workers) + " decode workers");

        m_unplaced += committed.newVectors;
        if (m_unplaced >= placeAfter) {
            followImport(m_library, m_set, m_context);
            m_unplaced = 0;
        }
        m_tail += committed.newVectors;
        if (m_tail < IndexOptions{}.tailLimit) return;
        indexEmbeddingSet(m_library, m_set, indexOptions(), m_context);
        m_tail = 0;
    }

    static void describe(ImportedFile& file, DecodeOutcome& decoded,
                         std::vector<std::pair<ContentHash, std::vector<std::byte>>>& thumbnails) {
        if (decoded.error) {
            file.error = decoded.error;
            file.reason = decoded.detail;
            return;
        }
        file.decoded = true;
        file.width = decoded.width;
        file.height = decoded.height;
        file.format = formatName(decoded.format);
        file.damage = decoded.damage;
        file.takenAt = decoded.takenAt;
        if (!decoded.thumbnail.empty()) thumbnails.emplace_back(file.hash, std::move(decoded.thumbnail));
    }

    void keep(std::uint64_t id, ImportedFile file) {
        const std::scoped_lock lock(m_mutex);
        m_underWay.emplace(id, std::move(file));
    }

    ImportedFile take(std::uint64_t id) {
        const std::scoped_lock lock(m_mutex);
        return std::move(m_underWay.extract(id).mapped());
    }

    Library& m_library;
    Embedder& m_embedder;
    const ImportOptions& m_options;
    const JobContext& m_context;
    const OnCommitted& m_committed;
    EmbeddingSet m_set;
    ThumbnailStore m_thumbnails;
    bool m_newDecoders; ///< since the last import
    ImportSummary m_summary;
    std::vector<Candidate> m_candidates;
    std::optional<ProgressMeter> m_meter;
    std::uint64_t m_done = 0;
    std::uint64_t m_tail = 0;
    std::uint64_t m_unplaced = 0;

    std::mutex m_mutex;
    std::unordered_map<std::uint64_t, ImportedFile> m_underWay; ///< read, not yet committed
};

} // namespace

EmbeddingSetKey baseEmbeddingSet(const Embedder& embedder) {
    EmbeddingSetKey key;
    key.modelHash = embedder.card().hash.hex();
    key.inputSize = embedder.inputSize();
    if (embedder.patches()) key.descriptor = withPatches;
    return key;
}

ImportSummary importCollection(Library& library, CollectionId collection, Embedder& embedder,
                               const ImportOptions& options, const JobContext& context, const OnCommitted& committed) {
    const std::optional<FileLock> lock = FileLock::tryAcquire(library.paths().jobLock("import"));
    if (!lock) throw Error(ErrorCode::Locked, "Another import is running; wait for it or stop it.");
    const std::optional<std::uint64_t> free = freeBytes(library.paths().data);
    if (free && *free < options.diskReserve)
        throw Error(ErrorCode::DiskFull, "The disk of " + displayPath(library.paths().data) + " has only " +
                                             std::to_string(*free >> 20) +
                                             " MB left; free some space and start again.");
    const auto start = std::chrono::steady_clock::now();
    ImportSummary summary = Import(library, collection, embedder, options, context, committed).run();
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return summary;
}

} // namespace grappa
