// The program's C++ library is the system's, although LibTorch's libraries export parts of another one.
#include <QTest>
#include <torch/torch.h>

#include <dlfcn.h>
#include <filesystem>

class TestLibTorch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theFileSystemIsTheCppLibrarys() {
        using RemoveAll = std::uintmax_t (*)(const std::filesystem::path&);
        const auto removeAll = static_cast<RemoveAll>(&std::filesystem::remove_all);
        Dl_info from{};
        QVERIFY(dladdr(reinterpret_cast<const void*>(removeAll), &from) != 0);
        QVERIFY2(std::string_view(from.dli_fname).find("libstdc++") != std::string_view::npos, from.dli_fname);
        QCOMPARE(torch::ones({3}).sum().item<double>(), 3.0); // LibTorch is linked indeed
    }
};

QTEST_APPLESS_MAIN(TestLibTorch)
#include "tst_libtorch.moc"
