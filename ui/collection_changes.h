#pragma once

#include "ui/jobs/import_child.h"
#include "ui/jobs/library_thread.h"

#include <QObject>
#include <QUndoStack>

#include <filesystem>
#include <optional>
#include <vector>

namespace grappa {

/// Everything that the user changes in the library, each change with its undo. Files are never touched.
///
/// A removed collection is only hidden, so that taking the removal back costs nothing; purge() deletes its rows for
/// good at the next start of the window.
class CollectionChanges : public QObject {
    Q_OBJECT

public:
    CollectionChanges(LibraryThread& thread, ImportChild& imports, QObject* parent = nullptr);

    QUndoStack* undoStack() { return &m_undo; }

    /// A collection of exactly these folders: the one that is there, or a new one; imported at once.
    void create(const std::vector<std::filesystem::path>& folders, const QString& name);
    void addFolders(CollectionId collection, const QString& name, const std::vector<std::filesystem::path>& folders);
    void rename(CollectionId collection, const QString& from, const QString& to);
    void remove(CollectionId collection, const QString& name);
    /// Says where a folder that was moved is now, and scans it there.
    void relink(const Folder& folder, const std::filesystem::path& to);
    /// Reads what is new or changed on the disk.
    void rescan(CollectionId collection);
    /// Forgets the files that are gone from the disk. Not undone: the next scan finds again what comes back.
    void forgetMissing(CollectionId collection);

    const std::vector<CollectionId>& hidden() const { return m_hidden; }
    /// Takes in what an earlier window had hidden; forgetHidden() when those are deleted.
    void setHidden(std::vector<CollectionId> hidden) { m_hiddenBefore = m_hidden = std::move(hidden); }
    void forgetHidden();

Q_SIGNALS:
    void changed(); ///< rows, names or hidden() changed
    void collectionOpened(grappa::CollectionId id);
    void collectionHidden(grappa::CollectionId id);
    void failed(const grappa::Problem& problem);

private:
    friend class CollectionCommand; ///< undoes and does again

    void setFoldersOf(CollectionId collection, const std::vector<std::filesystem::path>& folders, bool present);
    void setName(CollectionId collection, const QString& name);
    void setHidden(CollectionId collection, bool hidden);
    void setPath(FolderId folder, CollectionId collection, const std::filesystem::path& path);
    void storeHidden();
    void import(const ImportRequest& request);
    /// Does `work(library)` on the library's thread, then `done` here.
    void change(std::function<void(Library&)> work, std::function<void()> done);

    LibraryThread& m_thread;
    ImportChild& m_imports;
    QUndoStack m_undo;
    std::vector<CollectionId> m_hidden;
    std::vector<CollectionId> m_hiddenBefore; ///< by an earlier window
};

/// Folders as the catalogue keeps them: absolute, sorted, without those that lie in another one.
std::vector<std::filesystem::path> outermost(const std::vector<std::filesystem::path>& folders);
/// The folders of a collection, sorted.
std::vector<std::filesystem::path> foldersOf(Library& library, CollectionId collection);

/// Which collections are hidden, as the library's settings keep it.
std::vector<CollectionId> readHidden(Library& library);

} // namespace grappa
