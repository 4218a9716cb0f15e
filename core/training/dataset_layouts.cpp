#include "core/training/dataset_layouts.h"

#include "core/base/file_io.h"
#include "core/training/mat_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <sstream>

namespace grappa {

namespace {

namespace fs = std::filesystem;

/// The folder that holds `file`: `folder` itself or one of its usual subfolders.
fs::path findRoot(const fs::path& folder, const char* file, std::initializer_list<const char*> usual) {
    for (const char* below : usual)
        if (fs::exists(folder / below / file)) return folder / below;
    if (fs::exists(folder / file)) return folder;
    throw Error(ErrorCode::NotFound, displayPath(folder) + " does not hold " + file + ".");
}

/// Each line's first word and the rest.
std::vector<std::pair<std::string, std::string>> readLines(const fs::path& path) {
    constexpr std::uint64_t limit = std::uint64_t{1} << 28;
    const FileBytes file = readUserFile(path, limit);
    std::istringstream text(std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()));
    std::vector<std::pair<std::string, std::string>> lines;
    for (std::string line; std::getline(text, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty()) continue;
        const std::size_t split = std::min(line.find(' '), line.size());
        lines.emplace_back(line.substr(0, split), line.substr(std::min(split + 1, line.size())));
    }
    return lines;
}

int toNumber(const std::string& text, const fs::path& file) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        throw Error(ErrorCode::Corrupt, displayPath(file) + ": \"" + text + "\" is not a number.");
    return number;
}

MatArray readMatArray(const fs::path& file, const char* name) {
    std::map<std::string, MatArray> arrays = readMatFile(file);
    const auto found = arrays.find(name);
    if (found == arrays.end()) throw Error(ErrorCode::Corrupt, displayPath(file) + " holds no array \"" + name + "\".");
    return std::move(found->second);
}

class SetBuilder {
public:
    explicit SetBuilder(std::string_view task) { m_set.task = task; }
    void add(fs::path path, std::string label) {
        m_set.paths.push_back(std::move(path));
        m_set.labels.push_back(std::move(label));
    }
    LabelledSet take() { return std::move(m_set); }

private:
    LabelledSet m_set;
};

LabelledSet readAircraft(const fs::path& folder) {
    const fs::path root = findRoot(folder, "images_variant_test.txt", {"data", "fgvc-aircraft-2013b/data"});
    SetBuilder set("aircraft");
    for (const auto& [image, variant] : readLines(root / "images_variant_test.txt"))
        set.add(root / "images" / (image + ".jpg"), variant);
    return set.take();
}

LabelledSet readCars(const fs::path& folder) {
    constexpr int firstTestClass = 99;
    SetBuilder set("cars");
    const auto addAll = [&](const fs::path& file, const fs::path& images, const char* pathField) {
        const MatArray annotations = readMatArray(file, "annotations");
        for (std::size_t i = 0; i < annotations.elements(); ++i) {
            const MatArray& label = annotations.field(i, "class");
            if (label.numbers.size() != 1)
                throw Error(ErrorCode::Corrupt, displayPath(file) + " holds an image without a class.");
            if (label.numbers[0] >= firstTestClass)
                set.add(images / annotations.field(i, pathField).text,
                        std::to_string(static_cast<int>(label.numbers[0])));
        }
    };
    if (fs::exists(folder / "cars_annos.mat")) {
        addAll(folder / "cars_annos.mat", folder, "relative_im_path");
    } else {
        const fs::path root = findRoot(folder, "devkit/cars_train_annos.mat", {"stanford_cars"});
        const fs::path test = findRoot(root, "cars_test_annos_withlabels.mat", {"devkit"});
        addAll(root / "devkit/cars_train_annos.mat", root / "cars_train", "fname");
        addAll(test / "cars_test_annos_withlabels.mat", root / "cars_test", "fname");
    }
    return set.take();
}

LabelledSet readCub(const fs::path& folder) {
    constexpr int firstTestClass = 101;
    const fs::path root = findRoot(folder, "image_class_labels.txt", {"CUB_200_2011"});
    std::map<std::string, std::string> paths;
    for (const auto& [image, path] : readLines(root / "images.txt"))
        paths[image] = path;
    SetBuilder set("cub");
    for (const auto& [image, label] : readLines(root / "image_class_labels.txt")) {
        if (toNumber(label, root / "image_class_labels.txt") < firstTestClass) continue;
        if (!paths.contains(image))
            throw Error(ErrorCode::Corrupt, displayPath(root / "images.txt") + " does not name image " + image + ".");
        set.add(root / "images" / paths[image], label);
    }
    return set.take();
}

LabelledSet readFlowers(const fs::path& folder) {
    const fs::path root = findRoot(folder, "imagelabels.mat", {"flowers-102"});
    const std::vector<double> labels = readMatArray(root / "imagelabels.mat", "labels").numbers;
    const MatArray test = readMatArray(root / "setid.mat", "tstid");
    SetBuilder set("flowers");
    for (const double image : test.numbers) {
        if (!(image >= 1 && image <= static_cast<double>(labels.size())))
            throw Error(ErrorCode::Corrupt, displayPath(root / "setid.mat") + " names an image that has no label.");
        std::string number = std::to_string(static_cast<int>(image));
        number.insert(0, 5 - std::min<std::size_t>(5, number.size()), '0');
        set.add(root / "jpg" / ("image_" + number + ".jpg"),
                std::to_string(static_cast<int>(labels[static_cast<std::size_t>(image) - 1])));
    }
    return set.take();
}

LabelledSet readFood(const fs::path& folder) {
    const fs::path root = findRoot(folder, "meta/test.txt", {"food-101"});
    SetBuilder set("food101");
    for (const auto& [image, rest] : readLines(root / "meta/test.txt"))
        set.add(root / "images" / (image + ".jpg"), image.substr(0, image.find('/')));
    return set.take();
}

LabelledSet readProducts(const fs::path& folder) {
    const fs::path root = findRoot(folder, "Ebay_test.txt", {"Stanford_Online_Products"});
    SetBuilder set("products");
    for (const auto& [image, rest] : readLines(root / "Ebay_test.txt")) {
        if (image == "image_id") continue;
        std::istringstream columns(rest);
        std::string label, kind, path;
        if (!(columns >> label >> kind >> path))
            throw Error(ErrorCode::Corrupt, displayPath(root / "Ebay_test.txt") + ": image " + image + " has no path.");
        set.add(root / path, label);
    }
    return set.take();
}

constexpr std::array<std::string_view, 6> names{"aircraft", "cars", "cub", "flowers", "food101", "products"};
constexpr std::array readers{readAircraft, readCars, readCub, readFlowers, readFood, readProducts};
static_assert(names.size() == readers.size());

} // namespace

std::span<const std::string_view> datasetLayouts() {
    return names;
}

LabelledSet readDataset(std::string_view layout, const std::filesystem::path& folder) {
    const auto found = std::find(names.begin(), names.end(), layout);
    if (found == names.end())
        throw Error(ErrorCode::Usage, "\"" + std::string(layout) +
                                          "\" is none of the known sets: aircraft, cars, cub, "
                                          "flowers, food101, products.");
    LabelledSet set = readers[static_cast<std::size_t>(found - names.begin())](folder);
    if (set.paths.empty()) throw Error(ErrorCode::Corrupt, displayPath(folder) + " names no images for a test.");
    return set;
}

} // namespace grappa
