#pragma once

#include "ui/jobs/child_process.h"

#include <QObject>
#include <QStringList>

namespace grappa {

class Library;

/// Whether searches go by vectors of an earlier version's descriptor. Whether a better one can be had, the model
/// decides: only grappa-cli knows it.
bool isDescribedByEarlierVersion(Library& library);

/// Finds out whether the images of a library that an earlier version described can be described better.
class Renewal : public QObject {
    Q_OBJECT

public:
    /// `arguments` come before the verb, for example {"--library", FOLDER}.
    Renewal(QString program, QStringList arguments, QObject* parent = nullptr);

    bool possible() const { return m_possible; }
    /// What isDescribedByEarlierVersion() says by now. The first time that it is true a child is asked.
    void update(bool described);
    /// For good.
    void stop();
    bool running() const { return m_child.running(); }

Q_SIGNALS:
    void changed(); ///< possible()
    void ended();   ///< the child

private:
    void setPossible(bool possible);
    void handleEnd(const ChildEnd& end);

    QString m_program;
    QStringList m_arguments;
    ChildProcess m_child;
    QByteArray m_output; ///< of the child
    bool m_described = false;
    bool m_stopped = false;
    bool m_possible = false;
};

} // namespace grappa
