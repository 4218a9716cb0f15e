#include "core/image/preprocessing.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace grappa {

namespace {

constexpr double shortSidePerCrop = 1.143; // the reference's 8/7

cv::Mat view(const Pixels& image) {
    return {image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.rgb.data())};
}

/// The middle of a very long image: the crop needs no more, and a line of 20,000 x 1 pixels would grow to gigabytes.
cv::Mat middleOf(const cv::Mat& image) {
    constexpr int longest = 16; // short sides
    const int width = std::min(image.cols, longest * image.rows);
    const int height = std::min(image.rows, longest * image.cols);
    return image(cv::Rect((image.cols - width) / 2, (image.rows - height) / 2, width, height));
}

/// Room for an image, and OpenCV's view of it.
Pixels emptyPixels(int width, int height) {
    return {width, height,
            std::vector<std::uint8_t>(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height))};
}

} // namespace

int shortSideFor(int size) {
    return static_cast<int>(std::ceil(size * shortSidePerCrop));
}

Pixels evaluationCrop(const Pixels& image, int size) {
    const cv::Mat middle = middleOf(view(image));
    const double scale = size * shortSidePerCrop / std::min(middle.cols, middle.rows);
    const auto scaled = [&](int length) { return static_cast<int>(std::nearbyint(length * scale)); }; // half to even
    const cv::Size target(scaled(middle.cols), scaled(middle.rows));
    cv::Mat resized;
    cv::resize(middle, resized, target, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
    Pixels crop = emptyPixels(size, size);
    cv::Mat cropView = view(crop);
    resized(cv::Rect((target.width - size) / 2, (target.height - size) / 2, size, size)).copyTo(cropView);
    return crop;
}

int squaresOf(int width, int height) {
    constexpr double longestForOne = 1.6;
    const double aspect = static_cast<double>(std::max(width, height)) / std::min(width, height);
    return aspect <= longestForOne ? 1 : std::min(mostSquares, static_cast<int>(std::ceil(aspect - 0.01)));
}

Pixels squareAt(const Pixels& image, int i, int size) {
    const int side = std::min(image.width, image.height), gaps = squaresOf(image.width, image.height) - 1;
    const auto from = [&](int length) { return gaps == 0 ? (length - side) / 2 : i * (length - side) / gaps; };
    const cv::Mat square = view(image)(cv::Rect(from(image.width), from(image.height), side, side));
    Pixels crop = emptyPixels(size, size);
    cv::Mat cropView = view(crop);
    cv::resize(square, cropView, cropView.size(), 0, 0, side > size ? cv::INTER_AREA : cv::INTER_CUBIC);
    return crop;
}

Pixels wholeOnWhite(const Pixels& image, int size) {
    const cv::Mat whole = view(image);
    const double scale = static_cast<double>(size) / std::max(image.width, image.height);
    const auto scaled = [&](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
    const cv::Size target(scaled(image.width), scaled(image.height));
    cv::Mat resized;
    cv::resize(whole, resized, target, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
    Pixels square = emptyPixels(size, size);
    cv::Mat squareView = view(square);
    squareView = cv::Scalar::all(255);
    resized.copyTo(squareView(cv::Rect({(size - target.width) / 2, (size - target.height) / 2}, target)));
    return square;
}

Pixels thumbnailOf(const Pixels& image, int side) {
    const int longSide = std::max(image.width, image.height);
    if (longSide <= side) return image;
    const auto scaled = [&](int length) {
        return std::max(1, static_cast<int>(std::lround(static_cast<double>(length) * side / longSide)));
    };
    Pixels thumbnail = emptyPixels(scaled(image.width), scaled(image.height));
    cv::Mat thumbnailView = view(thumbnail);
    cv::resize(view(image), thumbnailView, thumbnailView.size(), 0, 0, cv::INTER_AREA);
    return thumbnail;
}

} // namespace grappa
