#pragma once

#include "core/library/library_paths.h"

#include <QDialog>

namespace grappa {

/// What this program is: its version, its licence and those of the libraries in it, where the library and the cache
/// lie.
class AboutDialog : public QDialog {
    Q_OBJECT

public:
    explicit AboutDialog(const LibraryPaths& paths, QWidget* parent = nullptr);
};

} // namespace grappa
