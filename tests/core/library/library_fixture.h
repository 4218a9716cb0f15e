#pragma once

#include "core/library/library.h"

#include <QTemporaryDir>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

/// A library in a folder of its own, with one embedding set.
class LibraryFixture {
public:
    static constexpr int dim = 8;

    LibraryFixture() : paths(grappa::LibraryPaths::resolve(folder())) {}

    std::filesystem::path folder() const { return m_folder.path().toStdString(); }

    static grappa::EmbeddingSetKey key(const std::string& model = "model", const std::string& descriptor = "class") {
        grappa::EmbeddingSetKey key;
        key.modelHash = model;
        key.descriptor = descriptor;
        key.inputSize = 168;
        return key;
    }

    static grappa::ContentHash hash(const std::string& content) {
        return grappa::hashBytes(std::as_bytes(std::span(content)));
    }

    /// A unit vector that depends on `seed`.
    static std::vector<float> vector(int seed, int size = dim) {
        std::vector<float> values(static_cast<std::size_t>(size));
        float norm = 0;
        for (int i = 0; i < size; ++i) {
            values[static_cast<std::size_t>(i)] = std::sin(static_cast<float>(seed * 7 + i * 3 + 1));
            norm += values[static_cast<std::size_t>(i)] * values[static_cast<std::size_t>(i)];
        }
        for (float& value : values)
            value /= std::sqrt(norm);
        return values;
    }

    /// An image file with the content's hash and vector.
    static grappa::ImportedFile file(grappa::FolderId folder, const std::string& path, const std::string& content,
                                     std::int64_t mtime = 1) {
        grappa::ImportedFile file;
        file.folder = folder;
        file.relativePath = path;
        file.stamp = {content.size(), mtime};
        file.hash = hash(content);
        file.width = 40;
        file.height = 30;
        file.format = "jpeg";
        file.vector = vector(static_cast<int>(content.size()) + (content.empty() ? 0 : content.back()));
        return file;
    }

    static grappa::ImportedFile unreadable(grappa::FolderId folder, const std::string& path, grappa::ErrorCode error) {
        grappa::ImportedFile file;
        file.folder = folder;
        file.relativePath = path;
        file.error = error;
        file.reason = "it is broken";
        return file;
    }

private:
    QTemporaryDir m_folder;

public:
    grappa::LibraryPaths paths;
};
