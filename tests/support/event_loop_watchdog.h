#pragma once

#include <QApplication>

#include <string>

namespace grappa::test {

/// An application that measures how long each event holds up the event loop, in CPU time of the GUI thread: so that
/// other programs do not count. What waits for a disk or another thread is not seen.
class WatchedApplication : public QApplication {
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override;

    /// While false, nothing is measured: for what the test itself does in an event.
    void watch(bool watching) { m_watching = watching; }
    double longestMs() const { return m_longestMs; }
    /// What the longest was: the receiver's class and the kind of event.
    const std::string& longest() const { return m_longest; }

private:
    int m_depth = 0;
    bool m_watching = false;
    double m_longestMs = 0;
    std::string m_longest;
};

} // namespace grappa::test
