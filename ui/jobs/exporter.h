#pragma once

#include "ui/jobs/library_thread.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <stop_token>
#include <vector>

namespace grappa {

enum class ExportFormat { Paths, Csv, Json, Copies, Links };

struct ExportRequest {
    std::vector<ImageId> images{};
    std::vector<float> scores{}; ///< cosines: one for each image, or none
    ExportFormat format = ExportFormat::Paths;
    std::filesystem::path target{}; ///< a file, or for copies and links a folder
    ImageFilter filter{};           ///< an image of several files goes out as the one that answers it best
    ScoreScale scale{};             ///< what the scores mean
};

struct ExportSummary {
    std::size_t written = 0;
    std::size_t left = 0; ///< offline, or there was no more room or right to write
    std::filesystem::path target{};
};

/// Writes lists, copies or links of images, one export after the other on a thread of its own. Originals are only read;
/// a file that is in the way gets a neighbour with another name. Destroying it stops after the file under way.
class Exporter : public QObject {
    Q_OBJECT

public:
    explicit Exporter(LibraryPaths paths, QObject* parent = nullptr);
    ~Exporter() override;

    void start(ExportRequest request);

Q_SIGNALS:
    void finished(const grappa::ExportSummary& summary);
    void failed(const grappa::Problem& problem);

private:
    LibraryThread m_thread;
    std::stop_source m_stop;
};

/// Does the export now. Throws DiskFull, IoFailed.
ExportSummary exportImages(Library& library, const ExportRequest& request, const std::stop_token& stop);

} // namespace grappa
