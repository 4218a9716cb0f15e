#pragma once

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/hash.h"
#include "core/base/row_format.h"
#include "core/library/derived_rows.h"
#include "core/library/library_paths.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grappa {

using CollectionId = std::int64_t;
using FolderId = std::int64_t;
using FileId = std::int64_t;
using ImageId = std::int64_t;
using EmbeddingSetId = std::int64_t;
using VectorId = std::int64_t; ///< grows with every vector that is committed, in all sets

/// A named set of folders.
struct Collection {
    CollectionId id = 0;
    std::string name;
    std::int64_t createdAt = 0; ///< seconds since 1970
    std::uint64_t images = 0;   ///< distinct images with a file in it
    std::uint64_t offline = 0;  ///< files whose place is gone for now
    std::uint64_t unreadable = 0;
};

struct Folder {
    FolderId id = 0;
    CollectionId collection = 0;
    std::filesystem::path path; ///< absolute
    bool online = true;         ///< false: the folder itself was not there at the last scan
};

enum class FileState { Present, Offline, Unreadable };

/// One path of a collection. Its image is found by content, so several files may share one.
struct File {
    FileId id = 0;
    FolderId folder = 0;
    std::filesystem::path path; ///< absolute
    FileStamp stamp;
    FileState state = FileState::Present;
    std::optional<ImageId> image;
    ErrorCode error = ErrorCode::Internal; ///< when Unreadable; the image is then the last known one, if any
    std::string reason;
};

/// One content, whatever the number of files that hold it.
struct Image {
    ImageId id = 0;
    ContentHash hash;
    int width = 0, height = 0;
    std::string format;
    std::string damage;         ///< empty, or why it counts as damaged
    std::int64_t takenAt = 0;   ///< EXIF; 0 = unknown
    std::filesystem::path path; ///< of one file, a present one if there is any
    bool online = true;         ///< some file of it is present
    FileStamp stamp;            ///< of that file
    std::uint32_t files = 1;
};

/// Values of EmbeddingSetKey::descriptor: the [class] vector, alone or joined with the patch half.
inline constexpr const char* classAlone = "class";
inline constexpr const char* withPatches = "class+patches";

/// What a vector set depends on: two sets with equal keys are the same set.
struct EmbeddingSetKey {
    std::string modelHash;         ///< hex
    std::string adaptation;        ///< checksum (hex) of the adaptation's file; empty = base
    std::string fusion;            ///< "average", "augmentation", "neighbours"; empty = base
    std::string smoothing = "raw"; ///< or "diffused"; in sets of earlier versions "smoothed"
    int inputSize = 0;
    std::string precision = "fp32";
    std::string whitening = "none";      ///< or "p0.5+prior", "adapted"
    std::string descriptor = classAlone; ///< or withPatches
    /// Whether the backbone's own vectors are meant, not something that was derived from them.
    bool isRawBase() const { return adaptation.empty() && smoothing == "raw" && whitening == "none"; }
    bool operator==(const EmbeddingSetKey&) const = default;
};

/// How the vectors of a set are stored: Int8 where the descriptor is "class+patches", else Half.
RowFormat rowFormat(const EmbeddingSetKey& key);

struct EmbeddingSet {
    EmbeddingSetId id = 0;
    EmbeddingSetKey key;
    int dim = 0;
    std::uint64_t vectors = 0;
    std::uint64_t tail = 0;           ///< of them not yet in a sealed segment
    std::int64_t levelsVersion = 0;   ///< changes with its levels and cluster numbers
    std::uint64_t computedImages = 0; ///< that replaceVectors() gave it last; those since came one by one
};

/// An immutable file of vectors (core/search/vector_segment.h).
struct SegmentRow {
    std::int64_t id = 0;
    EmbeddingSetId set = 0;
    std::string file; ///< name inside LibraryPaths::segments()
    std::uint64_t count = 0;
    std::string checksum;  ///< hex, of the file
    std::string indexFile; ///< empty = not built yet
    std::string indexChecksum;
};

struct TailVector {
    VectorId id = 0;
    ImageId image = 0;
    std::vector<std::byte> row; ///< in the set's format
};

/// A part of a picture, described by itself: one of the squares of a long one (squaresOf() in
/// core/image/preprocessing.h), from its left or upper end on.
struct PartVector {
    ImageId image = 0;
    std::int64_t part = 0;
    std::vector<std::byte> row; ///< in the set's format
};

/// One file as an import found it: an image (known or new) or a reason why not.
struct ImportedFile {
    FolderId folder = 0;
    std::filesystem::path relativePath;
    FileStamp stamp;
    std::optional<ErrorCode> error; ///< set: `reason` and no image
    std::string reason;
    ContentHash hash;
    int width = 0, height = 0;
    std::string format, damage;
    std::int64_t takenAt = 0;
    bool decoded = false;      ///< just now: what the catalogue knows of the image gives way to this
    std::vector<float> vector; ///< L2-normalised [dim]; empty when the set already holds this image's vector
    std::vector<float> parts;  ///< [parts, dim], L2-normalised; empty for most images
};

struct ImageFilter {
    std::optional<CollectionId> collection;
    std::string folder;                      ///< absolute path; the image has a file in or below it
    std::string nameContains;                ///< part of the file name, compared as foldedName() says
    std::string format;                      ///< "jpeg", ...
    std::int64_t takenFrom = 0, takenTo = 0; ///< seconds since 1970, [from, to); 0 = open
    std::vector<CollectionId> without;       ///< leave out images that have files in these collections only
    bool any() const;                        ///< whether it leaves anything out
    bool operator==(const ImageFilter&) const = default;
};

/// Images without a known time come last in both orders by time.
enum class ImageOrder { Added, Name, Folder, Taken, TakenNewestFirst };

/// The catalogue. One object belongs to one thread and owns one SQLite connection; any number of processes may have it
/// open. Writes are short transactions under the write lock. Throws DatabaseFailed,
/// SchemaTooNew, DiskFull.
class Library {
public:
    enum class Access { ReadOnly, ReadWrite };

    /// Opens, creates (ReadWrite) and migrates. ReadOnly throws NotFound when there is no library yet.
    Library(LibraryPaths paths, Access access);
    ~Library();
    Library(Library&&) noexcept;

    const LibraryPaths& paths() const;
    /// Changes whenever this or another connection committed.
    std::int64_t dataVersion();
    /// While it lives, all that this object reads is of one moment. It must not write meanwhile.
    class Snapshot {
    public:
        ~Snapshot();
        Snapshot(Snapshot&&) noexcept;

    private:
        friend class Library;
        struct Impl;
        explicit Snapshot(std::unique_ptr<Impl> impl);
        std::unique_ptr<Impl> m_impl;
    };
    Snapshot snapshot();

    // Collections and folders
    std::vector<Collection> collections();
    std::optional<Collection> findCollection(std::string_view name);
    Collection createCollection(const std::string& name); ///< throws Usage when the name is taken or empty
    void renameCollection(CollectionId id, const std::string& name);
    void removeCollection(CollectionId id); ///< rows only: images without any file left lose their vectors
    std::vector<Folder> folders(CollectionId id);
    /// Adds a folder (made absolute); the existing row when the collection already has it or one above it.
    Folder addFolder(CollectionId id, const std::filesystem::path& path);
    /// Whether what isCompanionName() knows (recycle bins, previews of other programs) is read in this folder too.
    bool readsCompanions(const std::filesystem::path& folder);
    void setReadsCompanions(const std::filesystem::path& folder, bool reads);
    void removeFolder(FolderId id); ///< rows only, as removeCollection()
    /// The folders that hold files of the collection (of all), each once, by path.
    std::vector<std::filesystem::path> foldersWithFiles(std::optional<CollectionId> id);
    void setFolderPath(FolderId id, const std::filesystem::path& path); ///< "relink" after a move
    void setFolderOnline(FolderId id, bool online);                     ///< its files follow

    // Files of a scan
    /// Files of the folder that were there at the last scan, readable or not.
    std::uint64_t filesSeen(FolderId folder);
    std::optional<File> findFile(FolderId folder, const std::filesystem::path& relativePath);
    /// The end of a scan: marks files of the folder that are not in `seen` as offline, those in it as present; forgets
    /// unreadable files that vanished, and images that no file holds any more. Returns how many files went offline.
    std::uint64_t markSeen(FolderId folder, std::span<const FileId> seen);
    std::vector<File> unreadableFiles(std::optional<CollectionId> id);
    std::vector<File> filesOf(ImageId image);
    /// After a scan: forgets files that are gone while another file of the library holds the same image now (moved or
    /// renamed, within a collection or between two). Those of folders that are not there stay. Returns how many.
    std::uint64_t forgetMoved();
    /// Forgets the files of the collection that are gone, those of folders that are not there excepted; and images
    /// without any file left. Nothing on the disk is touched. Returns how many.
    std::uint64_t forgetMissing(CollectionId id);
    /// All distinct images of the files at this absolute path (for `search PATH` of a library image).
    std::optional<ImageId> findImageByPath(const std::filesystem::path& path);

    // Images
    /// With the file that answers `filter` best: one that is in the collection and folder and bears the name that it
    /// asks for, a present one if there is any. Without such a file, any.
    std::optional<Image> image(ImageId id, const ImageFilter& filter = {});
    std::optional<ImageId> findImage(const ContentHash& hash);
    /// Ids in order; the ordering is read once, records are fetched by id.
    std::vector<ImageId> imageIds(const ImageFilter& filter = {}, ImageOrder order = ImageOrder::Added);

    std::uint64_t imageCount(const ImageFilter& filter = {});

    // Embedding sets
    /// Finds or creates. Throws Internal when the set has another dim, or for a descriptor that there is not.
    EmbeddingSet embeddingSet(const EmbeddingSetKey& key, int dim);
    std::optional<EmbeddingSet> findEmbeddingSet(const EmbeddingSetKey& key);
    std::vector<EmbeddingSet> embeddingSets();
    /// The one that the setting "default_set" names, else the newest set of raw base vectors.
    std::optional<EmbeddingSet> defaultEmbeddingSet();
    /// With its vectors, levels and files; the library has another default set afterwards.
    void removeEmbeddingSet(EmbeddingSetId set);
    bool hasVector(EmbeddingSetId set, ImageId image);
    /// Of the images in the filter those that the set has no vector of, by id.
    std::vector<ImageId> imagesWithoutVector(EmbeddingSetId set, const ImageFilter& filter = {});

    struct Committed {
        std::uint64_t files = 0;
        std::uint64_t newImages = 0;
        std::uint64_t newVectors = 0;
        VectorId lastVector = 0;     ///< the highest of the set
        std::vector<FileId> fileIds; ///< of the batch, in its order; for markSeen()
    };
    /// One transaction: files, images and vectors of a batch, all or nothing. An image that the set already has a
    /// vector of keeps it. A file that could not be read (FileUnreadable, FileChanged) keeps the image it had. Throws
    /// Internal for a vector with another length than the set's, or with a value that is not finite.
    Committed commitBatch(EmbeddingSetId set, std::span<const ImportedFile> batch);
    /// Vectors of images that are already in the catalogue (re-embedding, `eval`). vectors [images.size(), dim],
    /// L2-normalised; attention [images.size(), adapted blocks x granularities] or empty.
    Committed commitVectors(EmbeddingSetId set, std::span<const ImageId> images, std::span<const float> vectors,
                            std::span<const float> attention = {});
    /// Granularity attention (fp16 precision) of one image; empty when none is stored.
    std::vector<float> attention(EmbeddingSetId set, ImageId image);
    AttentionScan attention(EmbeddingSetId set);

    // Tail and segments (core/search reads them, core/jobs/index_job seals)
    /// By vector id, the first `limit` of them.
    std::vector<TailVector> tail(EmbeddingSetId set, VectorId above = 0, std::size_t limit = SIZE_MAX);
    std::vector<SegmentRow> segments(EmbeddingSetId set);
    /// One commit: the segment's row is added and the tail vectors that its file holds are deleted. Images that were
    /// deleted since the tail was read become tombstones.
    SegmentRow sealSegment(const SegmentRow& segment, std::span<const TailVector> sealed);
    /// One commit: replaces segments by the merged one, whose file holds `images` (ascending), then removes the old
    /// files. No images: the old ones go and nothing takes their place.
    SegmentRow mergeSegments(std::span<const std::int64_t> old, const SegmentRow& merged,
                             std::span<const ImageId> images);
    /// Gives up a segment whose file is damaged: its images have no vector any more and are embedded again.
    void forgetSegment(std::int64_t segment);
    /// Names the index of a segment; the file of the one before is removed. No file name: there is no index.
    void setSegmentIndex(std::int64_t segment, const std::string& indexFile, const std::string& checksum);
    /// Images that the segment's file must hold, ascending; those deleted since are among them.
    std::vector<ImageId> imagesOfSegment(std::int64_t segment);
    /// Images of the set that were deleted since their vector was sealed.
    std::vector<ImageId> tombstones(EmbeddingSetId set);

    /// One commit: all vectors of the set give way to those of new segments, whose files hold images[i] (ascending);
    /// its levels go, its mapping is set (the basis and the axes as fp16). Old files are removed. See
    /// core/search/set_replacement.h.
    void replaceVectors(EmbeddingSetId set, std::span<const SegmentRow> segments,
                        std::span<const std::vector<ImageId>> images, const SetMapping& mapping);
    std::optional<WhiteningRow> whitening(EmbeddingSetId set);
    std::vector<float> axes(EmbeddingSetId set); ///< empty = none

    // Parts of long pictures: found beside the vectors of whole pictures (core/search/searcher.h)
    std::vector<PartVector> parts(EmbeddingSetId set); ///< by image, then part
    /// One commit. Those of images that are not there any more are passed over; those that are known are overwritten.
    void storeParts(EmbeddingSetId set, std::span<const PartVector> parts);

    // Levels of an embedding set (core/jobs/levels_job writes them, core/search reads them)
    std::vector<LevelRow> levels(EmbeddingSetId set); ///< k ascending, without centroids
    std::optional<LevelRow> level(EmbeddingSetId set, std::int64_t k);
    /// One commit: these levels (k ascending) take the place of those before. clusters [images.size(), levels.size()].
    void storeLevels(EmbeddingSetId set, std::span<const LevelRow> levels, std::span<const ImageId> images,
                     std::span<const std::uint32_t> clusters);
    /// Cluster numbers of images that came later, for all levels that are stored.
    void addClusterNumbers(EmbeddingSetId set, std::span<const ImageId> images,
                           std::span<const std::uint32_t> clusters);
    /// Images of the set that have a vector and no cluster number, ascending.
    std::vector<ImageId> imagesWithoutClusters(EmbeddingSetId set);
    ClusterScan clusterNumbers(EmbeddingSetId set, std::int64_t k); ///< empty when there is no such level
    std::vector<std::uint64_t> clusterSizes(EmbeddingSetId set, std::int64_t k);

    // Neighbourhoods of a diffused set (core/jobs/diffusion_job writes them, core/search reads them)
    std::optional<Neighbourhood> neighbourhood(EmbeddingSetId set, ImageId image);
    /// One commit. Images without a vector in the set (deleted meanwhile) are passed over.
    void storeNeighbourhoods(EmbeddingSetId set, std::span<const ImageId> images,
                             std::span<const Neighbourhood> neighbourhoods);

    // Adaptations
    std::vector<AdaptationRow> adaptations(); ///< newest first
    std::optional<AdaptationRow> findAdaptation(std::string_view name);
    /// Calls `save` with the path of a new file, then commits the row that names it: file, checksum, id and time are
    /// set here. Throws Usage when the name is taken or empty, or the same file is there under another name.
    AdaptationRow addAdaptation(AdaptationRow adaptation,
                                const std::function<void(const std::filesystem::path&)>& save);
    void updateAdaptation(const AdaptationRow& adaptation); ///< state, run, parameters, report
    void renameAdaptation(std::int64_t id, const std::string& name);
    /// The collections whose images have, or are to get, vectors under it.
    std::vector<CollectionId> describedCollections(std::int64_t adaptation);
    void addDescribedCollection(std::int64_t adaptation, CollectionId collection); ///< no change where it is one
    /// With its embedding sets and its file. Base vectors and the run's curve stay.
    void removeAdaptation(std::int64_t id);

    /// A step of a stage that is there already (after a resume) is overwritten.
    void addCurvePoints(RunId run, std::span<const CurvePoint> points);
    std::vector<CurvePoint> curvePoints(RunId run); ///< in the order they were first added

    // Settings that belong to the library (default embedding set, ...)
    std::optional<std::string> setting(std::string_view name);
    void setSetting(std::string_view name, const std::string& value);

    // Jobs that were stopped and can be resumed: kind + arguments as JSON
    struct StoppedJob {
        std::int64_t id = 0;
        std::string kind, arguments, state; ///< state: running, stopped, done, failed
    };
    std::int64_t beginJob(const std::string& kind, const std::string& argumentsJson);
    void resumeJob(std::int64_t id); ///< a stopped one runs again
    void endJob(std::int64_t id, const std::string& state);
    std::vector<StoppedJob> resumableJobs(); ///< stopped, or running without its lock held

    /// Everything that does not hold: integrity_check, foreign keys, counts, files missing or with a wrong checksum.
    /// Empty = clean. Does not repair.
    std::vector<std::string> verify(bool deep);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// Name and version of the database engine, for --version.
std::string databaseVersion();

} // namespace grappa
