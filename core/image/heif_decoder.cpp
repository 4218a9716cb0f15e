#include "core/image/codecs.h"

#include <libheif/heif.h>

#include <array>
#include <cstring>
#include <memory>
#include <vector>

namespace grappa {

namespace {

template <auto release>
struct Release {
    template <class Object>
    void operator()(Object* object) const {
        release(object);
    }
};
using Context = std::unique_ptr<heif_context, Release<heif_context_free>>;
using Handle = std::unique_ptr<heif_image_handle, Release<heif_image_handle_release>>;
using Image = std::unique_ptr<heif_image, Release<heif_image_release>>;
using Options = std::unique_ptr<heif_decoding_options, Release<heif_decoding_options_free>>;

void require(const heif_error& error) {
    if (error.code == heif_error_Ok) return;
    if (error.code == heif_error_Memory_allocation_error)
        throw Error(ErrorCode::ImageTooLarge, "The HEIF image needs more memory than the decoder may use.");
    const std::string reason = error.message;
    if (error.code == heif_error_Unsupported_filetype || error.code == heif_error_Unsupported_feature ||
        error.code == heif_error_Plugin_loading_error)
        throw Error(ErrorCode::ImageFormatUnsupported,
                    "The installed libheif cannot decode this kind of HEIF (" + reason +
                        "). Install libheif's decoders (for HEIC libde265, for AVIF dav1d or aom), or convert it to "
                        "JPEG.");
    throw Error(ErrorCode::ImageUndecodable, "The HEIF image cannot be decoded: " + reason + ".");
}

ColourSpace colourSpaceOf(const heif_image_handle* handle) {
    ColourSpace space;
    switch (heif_image_handle_get_color_profile_type(handle)) {
    case heif_color_profile_type_prof:
    case heif_color_profile_type_rICC:
        space.iccProfile.resize(heif_image_handle_get_raw_color_profile_size(handle));
        if (heif_image_handle_get_raw_color_profile(handle, space.iccProfile.data()).code != heif_error_Ok)
            space.iccProfile.clear();
        break;
    case heif_color_profile_type_nclx: {
        heif_color_profile_nclx* nclx = nullptr;
        if (heif_image_handle_get_nclx_color_profile(handle, &nclx).code == heif_error_Ok && nclx != nullptr) {
            space = ColourSpace::cicp(nclx->color_primaries, nclx->transfer_characteristics);
            heif_nclx_color_profile_free(nclx);
        }
        break;
    }
    default:
        break;
    }
    return space;
}

std::int64_t takenAt(const heif_image_handle* handle) {
    heif_item_id id = 0;
    if (heif_image_handle_get_list_of_metadata_block_IDs(handle, "Exif", &id, 1) != 1) return 0;
    std::vector<std::byte> block(heif_image_handle_get_metadata_size(handle, id));
    constexpr std::size_t offsetSize = 4; // of the TIFF stream behind it, big-endian
    if (block.size() <= offsetSize || heif_image_handle_get_metadata(handle, id, block.data()).code != heif_error_Ok)
        return 0;
    std::size_t offset = 0;
    for (std::size_t i = 0; i < offsetSize; ++i)
        offset = offset << 8 | std::to_integer<std::size_t>(block[i]);
    if (offset > block.size() - offsetSize) return 0;
    return readExif(std::span(block).subspan(offsetSize + offset)).takenAt;
}

} // namespace

StoredImage decodeHeif(std::span<const std::byte> bytes, const DecodeOptions& options) {
    const Context context(heif_context_alloc());
    if (!context) throw std::bad_alloc();
    heif_context_set_max_decoding_threads(context.get(), 0); // a worker a core already
    require(heif_context_read_from_memory_without_copy(context.get(), bytes.data(), bytes.size(), nullptr));
    heif_image_handle* primary = nullptr;
    require(heif_context_get_primary_image_handle(context.get(), &primary));
    const Handle handle(primary);
    StoredImage image;
    image.width = heif_image_handle_get_width(handle.get());
    image.height = heif_image_handle_get_height(handle.get());
    checkDimensions(static_cast<std::uint64_t>(image.width), static_cast<std::uint64_t>(image.height),
                    options.maxPixels);

    const Options decoding(heif_decoding_options_alloc());
    decoding->convert_hdr_to_8bit = 1;
    const bool alpha = heif_image_handle_has_alpha_channel(handle.get()) != 0;
    heif_image* decoded = nullptr;
    require(heif_decode_image(handle.get(), &decoded, heif_colorspace_RGB,
                              alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, decoding.get()));
    const Image pixels(decoded);
    int stride = 0;
    const std::uint8_t* plane = heif_image_get_plane_readonly(pixels.get(), heif_channel_interleaved, &stride);
    // Upright already: the file's own rotations count, and its EXIF orientation must not.
    image.width = heif_image_get_width(pixels.get(), heif_channel_interleaved);
    image.height = heif_image_get_height(pixels.get(), heif_channel_interleaved);
    if (plane == nullptr || image.width <= 0 || image.height <= 0)
        throw Error(ErrorCode::ImageUndecodable, "The HEIF image holds no pixels.");
    Raster raster;
    raster.samples = cv::Mat(image.height, image.width, alpha ? CV_8UC4 : CV_8UC3, const_cast<std::uint8_t*>(plane),
                             static_cast<std::size_t>(stride)); // only read
    if (alpha)
        raster.alpha =
            heif_image_handle_is_premultiplied_alpha(handle.get()) != 0 ? Alpha::Premultiplied : Alpha::Straight;
    raster.space = colourSpaceOf(handle.get());
    showOnWhite(raster, image);
    image.exif.takenAt = takenAt(handle.get());
    heif_error warning{};
    if (heif_image_get_decoding_warnings(pixels.get(), 0, &warning, 1) > 0)
        image.damage = std::string("The HEIF image is damaged: ") + warning.message + ".";
    return image;
}

std::string heifLibraryVersion() {
    return std::string("libheif ") + heif_get_version();
}

} // namespace grappa
