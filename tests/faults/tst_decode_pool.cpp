#include "core/base/file_io.h"
#include "core/image/decode_pool.h"
#include "core/image/image_encoder.h"
#include "core/image/preprocessing.h"

#include <QTest>

#include <csignal>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <thread>
#include <unistd.h>

using namespace grappa;
using namespace std::chrono_literals;

namespace {

using Bytes = std::vector<std::byte>;

DecodePoolOptions options(int workers) {
    DecodePoolOptions options;
    options.program = std::filesystem::path(GRAPPA_BIN) / "grappa-decode";
    options.workers = workers;
    return options;
}

/// An image that differs from place to place, so that a crop tells where it was cut.
Pixels gradient(int width, int height) {
    Pixels image{width, height, {}};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            image.rgb.push_back(static_cast<std::uint8_t>(255 * x / width));
            image.rgb.push_back(static_cast<std::uint8_t>(255 * y / height));
            image.rgb.push_back(static_cast<std::uint8_t>((x + y) % 256));
        }
    return image;
}

DecodeTask task(std::uint64_t id, Bytes bytes, int cropSize = 56) {
    DecodeTask task;
    task.id = id;
    task.bytes = std::move(bytes);
    task.cropSize = cropSize;
    task.thumbnail = true;
    return task;
}

/// The decode workers of this process, by /proc: those that are past exec, since a child that is stopped before it
/// would hold its parent in posix_spawn.
std::set<pid_t> runningWorkers() {
    constexpr std::string_view program = "(grappa-decode)";
    std::set<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "stat");
        std::string line;
        if (!std::getline(file, line)) continue; // it ended meanwhile
        const std::size_t at = line.find(program);
        if (at == std::string::npos) continue;
        std::istringstream afterName(line.substr(at + program.size()));
        char state;
        pid_t parent;
        if (afterName >> state >> parent && parent == ::getpid()) found.insert(std::stoi(name));
    }
    return found;
}

/// Signals each child once, as it appears, until told to stop.
class ChildSignaller {
public:
    explicit ChildSignaller(int signal)
        : m_thread([this, signal](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                for (const pid_t child : runningWorkers())
                    if (m_signalled.insert(child).second) ::kill(child, signal);
                std::this_thread::sleep_for(1ms);
            }
        }) {}

    std::size_t stop() {
        m_thread.request_stop();
        m_thread.join();
        return m_signalled.size();
    }

private:
    std::set<pid_t> m_signalled;
    std::jthread m_thread;
};

/// Work that keeps a worker busy for a while: a large file without a smaller scale.
Bytes slowFile() {
    static const Bytes bytes = encodePng(gradient(4000, 3000));
    return bytes;
}

} // namespace

class TestDecodePool : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneDecodeGivesCropThumbnailAndRender();
    void smallScaleServesAllThree();
    void regionIsServed();
    void manyTasksThroughTwoWorkers();
    void badFilesAreOutcomes();
    void killedWorkerCostsOneRetry();
    void fileThatAlwaysKillsIsReported();
    void stoppedWorkerTimesOut();
    void memoryLimitIsAnOutcome();
    void stopTokenEndsWaiting();
    void destructorEndsBusyWorkers();
    void missingProgramIsSaid();
};

void TestDecodePool::oneDecodeGivesCropThumbnailAndRender() {
    const Pixels image = gradient(600, 400);
    DecodePool pool(options(1));
    DecodeTask all = task(7, encodePng(image));
    all.renderSide = 300;
    QVERIFY(pool.submit(std::move(all)));
    const std::optional<DecodeOutcome> outcome = pool.next();
    QVERIFY(outcome && !outcome->error);
    QCOMPARE(outcome->id, std::uint64_t{7});
    QCOMPARE(outcome->format, ImageFormat::Png);
    QCOMPARE(QSize(outcome->width, outcome->height), QSize(600, 400));
    QCOMPARE(outcome->damage, std::string());
    QCOMPARE(outcome->crop, evaluationCrop(image, 56).rgb);
    QCOMPARE(outcome->thumbnail, encodeJpeg(thumbnailOf(image)));
    QCOMPARE(outcome->render.rgb, thumbnailOf(image, 300).rgb);
    QCOMPARE(QSize(outcome->render.width, outcome->render.height), QSize(300, 200));
    QVERIFY(!pool.next()); // nothing is under way
}

void TestDecodePool::smallScaleServesAllThree() {
    DecodePool pool(options(1));
    DecodeTask all = task(1, encodeJpeg(gradient(1600, 1200)));
    all.renderSide = 800;
    QVERIFY(pool.submit(std::move(all)));
    const std::optional<DecodeOutcome> outcome = pool.next();
    QVERIFY(outcome && !outcome->error);
    const Pixels thumbnail = decodeImage(outcome->thumbnail).pixels;
    QCOMPARE(QSize(thumbnail.width, thumbnail.height), QSize(256, 192));
    QCOMPARE(QSize(outcome->render.width, outcome->render.height), QSize(800, 600));
    QCOMPARE(QSize(outcome->width, outcome->height), QSize(1600, 1200));
}

void TestDecodePool::regionIsServed() {
    const Pixels image = gradient(600, 400);
    DecodePool pool(options(1));
    DecodeTask part = task(1, encodePng(image), 0);
    part.thumbnail = false;
    part.renderSide = 1000;
    part.region = Region{100, 50, 30, 20};
    QVERIFY(pool.submit(part));
    part.region = Region{700, 50, 30, 20};
    QVERIFY(pool.submit(part));
    const std::optional<DecodeOutcome> inside = pool.next();
    QVERIFY(inside && !inside->error);
    QCOMPARE(QSize(inside->render.width, inside->render.height), QSize(30, 20));
    QCOMPARE(inside->render.rgb.front(), image.rgb[static_cast<std::size_t>(3 * (600 * 50 + 100))]);
    QVERIFY(inside->crop.empty() && inside->thumbnail.empty());
    const std::optional<DecodeOutcome> outside = pool.next();
    QVERIFY(outside && outside->error == ErrorCode::Usage);
}

void TestDecodePool::manyTasksThroughTwoWorkers() {
    constexpr std::uint64_t count = 200;
    DecodePool pool(options(2));
    QCOMPARE(pool.workers(), 2);
    std::jthread submitter([&] {
        for (std::uint64_t id = 0; id < count; ++id)
            pool.submit(task(id, encodePng(gradient(64 + static_cast<int>(id), 64)), 16));
    });
    std::set<std::uint64_t> seen;
    while (seen.size() < count) {
        const std::optional<DecodeOutcome> outcome = pool.next();
        QVERIFY(pool.underWay() <= static_cast<std::size_t>(pool.capacity()));
        if (!outcome) continue; // the submitter has not come that far
        QVERIFY2(!outcome->error, outcome->detail.c_str());
        QCOMPARE(outcome->width, 64 + static_cast<int>(outcome->id));
        QVERIFY(seen.insert(outcome->id).second);
    }
    QCOMPARE(pool.underWay(), std::size_t{0});
}

void TestDecodePool::badFilesAreOutcomes() {
    DecodePool pool(options(1));
    const Bytes good = encodeJpeg(gradient(200, 100));
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(good.size() * 3 / 4));
    Bytes hugePng = encodePng(gradient(20, 20));
    hugePng[16] = hugePng[20] = std::byte{1}; // 2^24 pixels and more a side
    pool.submit(task(1, {}));
    pool.submit(task(2, Bytes(100, std::byte{'x'})));
    pool.submit(task(3, cut));
    pool.submit(task(4, hugePng));
    const std::optional<DecodeOutcome> empty = pool.next();
    const std::optional<DecodeOutcome> text = pool.next();
    const std::optional<DecodeOutcome> damaged = pool.next();
    const std::optional<DecodeOutcome> huge = pool.next();
    QVERIFY(empty && empty->error == ErrorCode::ImageFormatUnsupported);
    QVERIFY(text && text->error == ErrorCode::ImageFormatUnsupported && !text->detail.empty());
    QVERIFY(damaged && !damaged->error);
    QVERIFY(!damaged->damage.empty());
    QVERIFY(huge && huge->error == ErrorCode::ImageTooLarge);
}

void TestDecodePool::killedWorkerCostsOneRetry() {
    constexpr std::uint64_t count = 20;
    DecodePoolOptions enough = options(2);
    enough.queued = count;
    DecodePool pool(enough);
    for (std::uint64_t id = 0; id < count; ++id)
        pool.submit(task(id, encodePng(gradient(800, 600))));
    std::set<std::uint64_t> seen;
    std::set<pid_t> firstWorkers;
    while (const std::optional<DecodeOutcome> outcome = pool.next()) {
        QVERIFY2(!outcome->error, outcome->detail.c_str()); // a second worker finishes what the first one began
        QVERIFY(seen.insert(outcome->id).second);
        // The workers that came after these are spared: no task may lose two.
        if (seen.size() == 2) firstWorkers = runningWorkers();
        if (seen.size() % 4 == 2 && !firstWorkers.empty()) {
            ::kill(*firstWorkers.begin(), SIGKILL);
            firstWorkers.erase(firstWorkers.begin());
        }
    }
    QCOMPARE(seen.size(), std::size_t{count});
    QVERIFY(firstWorkers.empty());
}

void TestDecodePool::fileThatAlwaysKillsIsReported() {
    DecodePool pool(options(1));
    ChildSignaller killer(SIGKILL);
    pool.submit(task(1, slowFile()));
    const std::optional<DecodeOutcome> poison = pool.next();
    QCOMPARE(killer.stop(), std::size_t{2}); // one retry, not more
    QVERIFY(poison && poison->error == ErrorCode::DecoderDied);
    QCOMPARE(poison->id, std::uint64_t{1});
    QVERIFY2(poison->detail.find("signal 9") != std::string::npos, poison->detail.c_str());

    pool.submit(task(2, encodePng(gradient(50, 50))));
    const std::optional<DecodeOutcome> following = pool.next();
    QVERIFY2(following && !following->error, following->detail.c_str());
}

void TestDecodePool::stoppedWorkerTimesOut() {
    DecodePoolOptions hasty = options(1);
    hasty.timeLimit = 4s; // enough for a worker's start on a busy machine
    DecodePool pool(hasty);
    const auto start = std::chrono::steady_clock::now();
    ChildSignaller stopper(SIGSTOP);
    pool.submit(task(1, slowFile()));
    const std::optional<DecodeOutcome> slow = pool.next();
    QCOMPARE(stopper.stop(), std::size_t{1});
    QVERIFY(slow && slow->error == ErrorCode::DecoderTimedOut);
    QVERIFY(std::chrono::steady_clock::now() - start < 25s);
    QVERIFY(runningWorkers().empty());

    pool.submit(task(2, encodePng(gradient(50, 50))));
    const std::optional<DecodeOutcome> following = pool.next();
    QVERIFY2(following && !following->error, following->detail.c_str());
}

void TestDecodePool::memoryLimitIsAnOutcome() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    QSKIP("Sanitizers reserve address space, so that it is not limited.");
#endif
    DecodePoolOptions small = options(1);
    small.memoryLimit = 24ULL << 20;
    DecodePool pool(small);
    pool.submit(task(1, encodeJpeg(gradient(200, 100))));
    const std::optional<DecodeOutcome> before = pool.next();
    QVERIFY2(before && !before->error, before->detail.c_str());
    const std::set<pid_t> worker = runningWorkers();

    pool.submit(task(2, slowFile())); // 36 MB of pixels
    const std::optional<DecodeOutcome> large = pool.next();
    QVERIFY(large && large->error);
    QVERIFY(large->error == ErrorCode::ImageTooLarge || large->error == ErrorCode::ImageUndecodable);
    pool.submit(task(3, encodeJpeg(gradient(200, 100))));
    const std::optional<DecodeOutcome> after = pool.next();
    QVERIFY(after && !after->error);
    QCOMPARE(runningWorkers(), worker); // the same process: it lives
}

void TestDecodePool::stopTokenEndsWaiting() {
    DecodePoolOptions narrow = options(1);
    narrow.queued = 1;
    DecodePool pool(narrow);
    std::stop_source stop;
    QVERIFY(pool.submit(task(1, slowFile()), stop.get_token()));
    std::jthread stopper([&] {
        std::this_thread::sleep_for(20ms);
        stop.request_stop();
    });
    QVERIFY(!pool.submit(task(2, slowFile()), stop.get_token())); // no room, until the stop
    QVERIFY(!pool.submit(task(3, slowFile()), stop.get_token()));
    QVERIFY(!pool.next(stop.get_token()) || pool.underWay() == 0);
    while (pool.underWay() > 0)
        pool.next();
}

void TestDecodePool::destructorEndsBusyWorkers() {
    const auto start = std::chrono::steady_clock::now();
    {
        DecodePool pool(options(2));
        const ChildSignaller hang(SIGSTOP);
        for (std::uint64_t id = 0; id < 6; ++id)
            pool.submit(task(id, slowFile()));
        while (runningWorkers().size() < 2)
            std::this_thread::sleep_for(1ms);
    }
    QVERIFY(std::chrono::steady_clock::now() - start < 25s); // not the time limit of each
    QVERIFY(runningWorkers().empty());
}

void TestDecodePool::missingProgramIsSaid() {
    DecodePoolOptions wrong = options(1);
    wrong.program = "/nowhere/grappa-decode";
    try {
        const DecodePool pool(wrong);
        QFAIL("no error");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::NotFound);
        QVERIFY(std::string(error.what()).find("/nowhere/grappa-decode") != std::string::npos);
    }

    wrong.program = "/bin/false"; // starts, and dies without a word
    DecodePool pool(wrong);
    pool.submit(task(1, encodePng(gradient(20, 20))));
    const std::optional<DecodeOutcome> outcome = pool.next();
    QVERIFY(outcome && outcome->error == ErrorCode::DecoderDied);
    QVERIFY2(outcome->detail.find("exit status 1") != std::string::npos, outcome->detail.c_str());
}

QTEST_APPLESS_MAIN(TestDecodePool)
#include "tst_decode_pool.moc"
