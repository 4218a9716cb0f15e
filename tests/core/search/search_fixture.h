#pragma once

#include "core/library/library.h"
#include "core/search/index_job.h"
#include "core/search/searcher.h"
#include "synthetic_vectors.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <string>
#include <vector>

/// A library of `count` images, image number i with synthetic vector i, name "<i>.jpg" ("<i>.png" when i % 10 == 0), in
/// the folder "even" or "odd". The descriptor decides the format of the stored rows.
class SearchFixture {
public:
    static constexpr int dim = 32;

    explicit SearchFixture(std::size_t count, std::size_t spare = 0, const std::string& descriptor = "class",
                           int width = dim)
        : vectors(count + spare, static_cast<std::size_t>(width))
        , library(grappa::LibraryPaths::resolve(m_folder.path().toStdString()), grappa::Library::Access::ReadWrite) {
        grappa::EmbeddingSetKey key;
        key.modelHash = "model";
        key.descriptor = descriptor;
        set = library.embeddingSet(key, width);
        folder = library.addFolder(library.createCollection("All").id, "/photos");
        commit(library, 0, count);
    }

    void commit(grappa::Library& target, std::size_t first, std::size_t count) {
        std::vector<grappa::ImportedFile> batch;
        for (std::size_t i = first; i < first + count; ++i) {
            grappa::ImportedFile file;
            const std::string content = std::to_string(i);
            file.folder = folder.id;
            file.relativePath = pathOf(i);
            file.hash = grappa::hashBytes(std::as_bytes(std::span(content)));
            file.format = i % 10 == 0 ? "png" : "jpeg";
            file.vector.assign(vectors.vector(i).begin(), vectors.vector(i).end());
            batch.push_back(std::move(file));
        }
        for (const grappa::FileId id : target.commitBatch(set.id, batch).fileIds)
            files.push_back(id);
    }

    /// The files of these images vanish for good: they are overwritten by an unreadable one.
    void remove(std::size_t first, std::size_t count) {
        std::vector<grappa::ImportedFile> batch;
        for (std::size_t i = first; i < first + count; ++i) {
            grappa::ImportedFile file;
            file.folder = folder.id;
            file.relativePath = pathOf(i);
            file.error = grappa::ErrorCode::ImageUndecodable;
            batch.push_back(std::move(file));
        }
        library.commitBatch(set.id, batch);
        library.markSeen(folder.id, files);
    }

    /// Vector i as the library stores it.
    std::vector<std::byte> rowOf(std::size_t i) const {
        std::vector<std::byte> row(grappa::rowBytes(grappa::rowFormat(set.key), static_cast<std::size_t>(set.dim)));
        grappa::encodeRow(vectors.vector(i), grappa::rowFormat(set.key), row.data());
        return row;
    }

    /// Adds the column "descriptor" with a row of data for each row format.
    static void descriptorData() {
        QTest::addColumn<std::string>("descriptor");
        QTest::newRow("fp16") << std::string("class");
        QTest::newRow("int8") << std::string("class+patches");
    }

    /// Seals all of the tail; builds an index when `indexed`.
    void seal(bool indexed) {
        grappa::IndexOptions options;
        options.tailLimit = 0;
        options.indexAbove = indexed ? 1 : SIZE_MAX;
        options.maxSmallSegments = 100;
        grappa::indexEmbeddingSet(library, set, options, {});
    }

    static std::string pathOf(std::size_t i) {
        return (i % 2 == 0 ? "even/" : "odd/") + std::to_string(i) + (i % 10 == 0 ? ".png" : ".jpg");
    }
    grappa::ImageId imageOf(std::size_t i) {
        const std::string content = std::to_string(i);
        return library.findImage(grappa::hashBytes(std::as_bytes(std::span(content)))).value_or(0);
    }

private:
    QTemporaryDir m_folder;

public:
    SyntheticVectors vectors;
    grappa::Library library;
    grappa::EmbeddingSet set;
    grappa::Folder folder;
    std::vector<grappa::FileId> files;
};
