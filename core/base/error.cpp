#include "core/base/error.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace grappa {

namespace {
constexpr std::array<std::pair<ErrorCode, std::string_view>, 22> errorNames{{
    {ErrorCode::Usage, "usage"},
    {ErrorCode::NotFound, "not_found"},
    {ErrorCode::FileUnreadable, "file_unreadable"},
    {ErrorCode::FileChanged, "file_changed"},
    {ErrorCode::FileTooLarge, "file_too_large"},
    {ErrorCode::ImageFormatUnsupported, "image_format_unsupported"},
    {ErrorCode::ImageTooLarge, "image_too_large"},
    {ErrorCode::ImageUndecodable, "image_undecodable"},
    {ErrorCode::DecoderDied, "decoder_died"},
    {ErrorCode::DecoderTimedOut, "decoder_timed_out"},
    {ErrorCode::DiskFull, "disk_full"},
    {ErrorCode::IoFailed, "io_failed"},
    {ErrorCode::DatabaseFailed, "database_failed"},
    {ErrorCode::SchemaTooNew, "schema_too_new"},
    {ErrorCode::Locked, "locked"},
    {ErrorCode::Corrupt, "corrupt"},
    {ErrorCode::WeightsInvalid, "weights_invalid"},
    {ErrorCode::WeightsUnsafe, "weights_unsafe"},
    {ErrorCode::ModelMissing, "model_missing"},
    {ErrorCode::DeviceUnavailable, "device_unavailable"},
    {ErrorCode::Interrupted, "interrupted"},
    {ErrorCode::Internal, "internal"},
}};
} // namespace

std::string_view errorName(ErrorCode code) {
    for (const auto& [known, name] : errorNames)
        if (known == code) return name;
    return "internal";
}

ErrorCode errorFromName(std::string_view name) {
    for (const auto& [code, known] : errorNames)
        if (known == name) return code;
    return ErrorCode::Internal;
}

Error systemError(ErrorCode otherwise, const std::string& what, int errnoValue) {
    const bool full = errnoValue == ENOSPC || errnoValue == EDQUOT;
    return {full ? ErrorCode::DiskFull : otherwise, what + ": " + std::strerror(errnoValue)};
}

} // namespace grappa
