#include "core/image/codecs.h"

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

namespace grappa {

namespace {

struct Source {
    std::span<const std::byte> rest;
};

int readSource(GifFileType* gif, GifByteType* out, int wanted) {
    Source& source = *static_cast<Source*>(gif->UserData);
    const std::size_t size = std::min(static_cast<std::size_t>(std::max(wanted, 0)), source.rest.size());
    std::memcpy(out, source.rest.data(), size);
    source.rest = source.rest.subspan(size);
    return static_cast<int>(size);
}

struct CloseGif {
    void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using Gif = std::unique_ptr<GifFileType, CloseGif>;

[[noreturn]] void refuse(int code) {
    const char* reason = GifErrorString(code);
    throw Error(ErrorCode::ImageUndecodable,
                std::string("The GIF cannot be decoded: ") + (reason == nullptr ? "it ends too early" : reason) + ".");
}

/// Goes to the first frame. Returns its transparent colour number, or -1.
int seekFirstFrame(GifFileType& gif) {
    int transparent = NO_TRANSPARENT_COLOR;
    for (;;) {
        GifRecordType record;
        if (DGifGetRecordType(&gif, &record) == GIF_ERROR) refuse(gif.Error);
        if (record == TERMINATE_RECORD_TYPE) throw Error(ErrorCode::ImageUndecodable, "The GIF holds no image.");
        if (record == IMAGE_DESC_RECORD_TYPE) break;
        if (record != EXTENSION_RECORD_TYPE) continue;
        int function;
        GifByteType* block;
        if (DGifGetExtension(&gif, &function, &block) == GIF_ERROR) refuse(gif.Error);
        while (block != nullptr) {
            GraphicsControlBlock control;
            if (function == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
                transparent = control.TransparentColor;
            if (DGifGetExtensionNext(&gif, &block) == GIF_ERROR) refuse(gif.Error);
        }
    }
    if (DGifGetImageDesc(&gif) == GIF_ERROR) refuse(gif.Error);
    return transparent;
}

/// The frame's rows in the order in which the file holds them.
std::vector<int> rowOrder(int height, bool interlaced) {
    struct Pass {
        int start, step;
    };
    static constexpr std::array<Pass, 4> interlacedPasses{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
    static constexpr std::array<Pass, 1> onePass{{{0, 1}}};
    std::vector<int> rows;
    for (const Pass pass : interlaced ? std::span<const Pass>(interlacedPasses) : std::span<const Pass>(onePass))
        for (int row = pass.start; row < height; row += pass.step)
            rows.push_back(row);
    return rows;
}

using Rgb = cv::Vec3b;

/// The colour of each number; white where transparent, black past the map's end.
std::array<Rgb, 256> paletteOf(const GifFileType& gif, int transparent) {
    const ColorMapObject* map = gif.Image.ColorMap != nullptr ? gif.Image.ColorMap : gif.SColorMap;
    if (map == nullptr) throw Error(ErrorCode::ImageUndecodable, "The GIF has no colour map.");
    std::array<Rgb, 256> palette{};
    for (int i = 0; i < std::min(map->ColorCount, 256); ++i)
        palette[static_cast<std::size_t>(i)] = {map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue};
    if (transparent >= 0 && transparent < 256) palette[static_cast<std::size_t>(transparent)] = {255, 255, 255};
    return palette;
}

} // namespace

StoredImage decodeGif(std::span<const std::byte> bytes, const DecodeOptions& options) {
    Source source{bytes};
    int code = 0;
    const Gif gif(DGifOpen(&source, readSource, &code));
    if (!gif) refuse(code);
    const auto checkSize = [&](int width, int height) {
        checkDimensions(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height), options.maxPixels);
    };
    const int transparent = seekFirstFrame(*gif);
    const GifImageDesc& frame = gif->Image;
    // Frames that reach out of the screen widen it.
    const int width = std::max(gif->SWidth, frame.Left + frame.Width);
    const int height = std::max(gif->SHeight, frame.Top + frame.Height);
    checkSize(width, height);
    checkSize(frame.Width, frame.Height);

    const std::array<Rgb, 256> palette = paletteOf(*gif, transparent);
    StoredImage image;
    image.width = width;
    image.height = height;
    const Rgb background = palette[transparent == NO_TRANSPARENT_COLOR ? 0 : static_cast<std::size_t>(transparent)];
    image.rgb = cv::Mat(height, width, CV_8UC3, cv::Scalar(background[0], background[1], background[2]));
    std::vector<GifPixelType> line(static_cast<std::size_t>(frame.Width));
    for (const int row : rowOrder(frame.Height, frame.Interlace)) {
        if (DGifGetLine(gif.get(), line.data(), frame.Width) == GIF_ERROR) {
            image.damage = "The GIF is damaged: its first frame ends too early.";
            break;
        }
        Rgb* out = image.rgb.ptr<Rgb>(frame.Top + row, frame.Left);
        image.transparent |= std::find(line.begin(), line.end(), transparent) != line.end();
        std::transform(line.begin(), line.end(), out, [&](GifPixelType number) { return palette[number]; });
    }
    return image;
}

std::string gifLibraryVersion() {
    return "giflib " + std::to_string(GIFLIB_MAJOR) + "." + std::to_string(GIFLIB_MINOR);
}

} // namespace grappa
