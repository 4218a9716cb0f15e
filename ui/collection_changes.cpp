#include "ui/collection_changes.h"

#include "ui/formatting.h"

#include <QUndoCommand>

#include <algorithm>
#include <utility>

namespace grappa {

namespace fs = std::filesystem;

namespace {

constexpr const char* hiddenSetting = "removed_collections";

bool isBelow(const fs::path& path, const fs::path& folder) {
    const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    return end == folder.end() && rest != path.end();
}

std::string uniqueName(Library& library, const std::string& wanted) {
    std::string name = wanted;
    for (int number = 2; library.findCollection(name); ++number)
        name = wanted + ' ' + std::to_string(number);
    return name;
}

struct CreatedCollection {
    ImportRequest request;
    bool isNew = false;
};

CreatedCollection collectionOf(Library& library, const std::vector<fs::path>& folders, const std::string& name) {
    for (const Collection& collection : library.collections()) {
        if (foldersOf(library, collection.id) == folders)
            return {{collection.id, QString::fromStdString(collection.name), folders}, false};
    }
    const Collection created = library.createCollection(uniqueName(library, name));
    for (const fs::path& folder : folders)
        library.addFolder(created.id, folder);
    return {{created.id, QString::fromStdString(created.name), folders}, true};
}

ImportRequest importOf(Library& library, CollectionId id) {
    ImportRequest request{id, {}, foldersOf(library, id)};
    for (const Collection& collection : library.collections()) {
        if (collection.id == id) request.name = QString::fromStdString(collection.name);
    }
    return request;
}

/// The catalogue's folder rows that hold exactly these paths.
std::vector<FolderId> rowsOf(Library& library, CollectionId collection, const std::vector<fs::path>& paths) {
    std::vector<FolderId> rows;
    for (const Folder& folder : library.folders(collection)) {
        if (std::find(paths.begin(), paths.end(), folder.path) != paths.end()) rows.push_back(folder.id);
    }
    return rows;
}

} // namespace

std::vector<fs::path> outermost(const std::vector<fs::path>& folders) {
    std::vector<fs::path> result;
    for (const fs::path& folder : folders) {
        fs::path clean = fs::absolute(folder).lexically_normal();
        if (!clean.has_filename()) clean = clean.parent_path();
        result.push_back(std::move(clean));
    }
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    const std::vector<fs::path> all = result;
    std::erase_if(result, [&all](const fs::path& path) {
        return std::any_of(all.begin(), all.end(), [&path](const fs::path& other) { return isBelow(path, other); });
    });
    return result;
}

std::vector<fs::path> foldersOf(Library& library, CollectionId collection) {
    std::vector<fs::path> paths;
    for (const Folder& folder : library.folders(collection))
        paths.push_back(folder.path);
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::vector<CollectionId> readHidden(Library& library) {
    const auto stored = nlohmann::json::parse(library.setting(hiddenSetting).value_or("[]"), nullptr, false);
    std::vector<CollectionId> hidden;
    if (!stored.is_array()) return hidden;
    for (const auto& id : stored) {
        if (id.is_number_integer()) hidden.push_back(id.get<CollectionId>());
    }
    return hidden;
}

/// A change that is done again and undone by two functions; what has been done already is not done at the push.
class CollectionCommand : public QUndoCommand {
public:
    CollectionCommand(CollectionChanges& changes, const QString& text) : QUndoCommand(text), m_changes(changes) {}

    std::function<void(CollectionChanges&)> forward, backward;
    bool done = false;

    void redo() override {
        if (!std::exchange(done, false)) forward(m_changes);
    }
    void undo() override { backward(m_changes); }

    static void setFolders(CollectionChanges& changes, CollectionId id, const std::vector<fs::path>& folders,
                           bool present) {
        changes.setFoldersOf(id, folders, present);
    }
    static void setName(CollectionChanges& changes, CollectionId id, const QString& name) { changes.setName(id, name); }
    static void setHidden(CollectionChanges& changes, CollectionId id, bool hidden) { changes.setHidden(id, hidden); }
    static void setPath(CollectionChanges& changes, const Folder& folder, const fs::path& path) {
        changes.setPath(folder.id, folder.collection, path);
    }

private:
    CollectionChanges& m_changes;
};

CollectionChanges::CollectionChanges(LibraryThread& thread, ImportChild& imports, QObject* parent)
    : QObject(parent), m_thread(thread), m_imports(imports) {}

void CollectionChanges::change(std::function<void(Library&)> work, std::function<void()> done) {
    m_thread.run(
        this,
        [work = std::move(work)](LibraryAccess& access) {
            work(access.library());
            return true;
        },
        [this, done = std::move(done)](bool) {
            done();
            Q_EMIT changed();
        },
        [this](const Problem& problem) {
            Q_EMIT failed(problem);
            Q_EMIT changed();
        });
}

void CollectionChanges::create(const std::vector<fs::path>& folders, const QString& name) {
    m_thread.run(
        this,
        [folders, name = name.toStdString()](LibraryAccess& access) {
            return collectionOf(access.library(), folders, name);
        },
        [this](const CreatedCollection& created) {
            const CollectionId id = created.request.collection;
            const bool wasHidden = std::find(m_hidden.begin(), m_hidden.end(), id) != m_hidden.end();
            if (wasHidden) setHidden(id, false);
            if (created.isNew) {
                auto* command = new CollectionCommand(*this, tr("add %1").arg(created.request.name));
                command->done = true;
                command->forward = [id](CollectionChanges& changes) {
                    CollectionCommand::setHidden(changes, id, false);
                    changes.rescan(id);
                };
                command->backward = [id](CollectionChanges& changes) {
                    CollectionCommand::setHidden(changes, id, true);
                };
                m_undo.push(command);
            }
            import(created.request);
        },
        [this](const Problem& problem) { Q_EMIT failed(problem); });
}

void CollectionChanges::addFolders(CollectionId collection, const QString& name, const std::vector<fs::path>& folders) {
    auto* command =
        new CollectionCommand(*this, tr("add %n folder(s) to %1", nullptr, static_cast<int>(folders.size())).arg(name));
    command->forward = [collection, folders](CollectionChanges& changes) {
        CollectionCommand::setFolders(changes, collection, folders, true);
    };
    command->backward = [collection, folders](CollectionChanges& changes) {
        CollectionCommand::setFolders(changes, collection, folders, false);
    };
    m_undo.push(command);
}

void CollectionChanges::rename(CollectionId collection, const QString& from, const QString& to) {
    if (to.isEmpty() || to == from) return;
    auto* command = new CollectionCommand(*this, tr("rename %1").arg(from));
    command->forward = [collection, to](CollectionChanges& changes) {
        CollectionCommand::setName(changes, collection, to);
    };
    command->backward = [collection, from](CollectionChanges& changes) {
        CollectionCommand::setName(changes, collection, from);
    };
    m_undo.push(command);
}

void CollectionChanges::remove(CollectionId collection, const QString& name) {
    auto* command = new CollectionCommand(*this, tr("remove %1").arg(name));
    command->forward = [collection](CollectionChanges& changes) {
        CollectionCommand::setHidden(changes, collection, true);
    };
    command->backward = [collection](CollectionChanges& changes) {
        CollectionCommand::setHidden(changes, collection, false);
    };
    m_undo.push(command);
}

void CollectionChanges::relink(const Folder& folder, const fs::path& to) {
    const auto roots = outermost({to});
    auto* command = new CollectionCommand(*this, tr("relink %1").arg(fileNameText(folder.path)));
    command->forward = [folder, root = roots.front()](CollectionChanges& changes) {
        CollectionCommand::setPath(changes, folder, root);
    };
    command->backward = [folder](CollectionChanges& changes) {
        CollectionCommand::setPath(changes, folder, folder.path);
    };
    m_undo.push(command);
}

void CollectionChanges::rescan(CollectionId collection) {
    m_thread.run(
        this, [collection](LibraryAccess& access) { return importOf(access.library(), collection); },
        [this](const ImportRequest& request) { import(request); },
        [this](const Problem& problem) { Q_EMIT failed(problem); });
}

void CollectionChanges::forgetMissing(CollectionId collection) {
    change([collection](Library& library) { library.forgetMissing(collection); }, [] {});
}

void CollectionChanges::setFoldersOf(CollectionId collection, const std::vector<fs::path>& folders, bool present) {
    m_imports.cancel(collection);
    change(
        [collection, folders, present](Library& library) {
            if (present) {
                for (const fs::path& folder : folders)
                    library.addFolder(collection, folder);
            } else {
                for (const FolderId row : rowsOf(library, collection, folders))
                    library.removeFolder(row);
            }
        },
        [this, collection, present] {
            if (present) rescan(collection);
        });
}

void CollectionChanges::setName(CollectionId collection, const QString& name) {
    // A child that runs knows the collection by the old name; it goes on under the new one.
    const bool importing = m_imports.cancel(collection);
    change([collection, name](Library& library) { library.renameCollection(collection, name.toStdString()); },
           [this, collection, importing] {
               if (importing) rescan(collection);
           });
}

void CollectionChanges::setHidden(CollectionId collection, bool hidden) {
    std::erase(m_hidden, collection);
    if (hidden) {
        m_hidden.push_back(collection);
        m_imports.cancel(collection);
        Q_EMIT collectionHidden(collection);
    }
    storeHidden();
}

void CollectionChanges::forgetHidden() {
    for (const CollectionId id : std::exchange(m_hiddenBefore, {}))
        std::erase(m_hidden, id);
    storeHidden();
}

void CollectionChanges::storeHidden() {
    change([stored = nlohmann::json(m_hidden).dump()](Library& library) { library.setSetting(hiddenSetting, stored); },
           [] {});
}

void CollectionChanges::setPath(FolderId folder, CollectionId collection, const fs::path& path) {
    m_imports.cancel(collection);
    change([folder, path](Library& library) { library.setFolderPath(folder, path); },
           [this, collection] { rescan(collection); });
}

void CollectionChanges::import(const ImportRequest& request) {
    Q_EMIT changed();
    if (request.folders.empty()) return;
    m_imports.enqueue(request);
    Q_EMIT collectionOpened(request.collection);
}

} // namespace grappa
