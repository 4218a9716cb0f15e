#include "ui/error_text.h"

#include <QCoreApplication>

namespace grappa {

namespace {
struct ErrorText {
    Q_DECLARE_TR_FUNCTIONS(ErrorText)
};
} // namespace

QString errorText(ErrorCode code) {
    switch (code) {
    case ErrorCode::Usage:
        return ErrorText::tr("This cannot be done that way. The details say what to change.");
    case ErrorCode::NotFound:
        return ErrorText::tr("It is no longer there. Check the name, or that its disk is plugged in.");
    case ErrorCode::FileUnreadable:
        return ErrorText::tr("The file could not be read. Check that it is still there and that you may read it.");
    case ErrorCode::FileChanged:
        return ErrorText::tr("The file changed while it was read. Try again when it is no longer being written.");
    case ErrorCode::FileTooLarge:
        return ErrorText::tr("The file is too large. Save a smaller copy and use that.");
    case ErrorCode::ImageFormatUnsupported:
        return ErrorText::tr("This is not an image that can be read. Use JPEG, PNG, WebP, TIFF, BMP or GIF.");
    case ErrorCode::ImageTooLarge:
        return ErrorText::tr("The image has too many pixels. Save a smaller copy and use that.");
    case ErrorCode::ImageUndecodable:
        return ErrorText::tr("The image is damaged. Try to open it in another program and save it anew.");
    case ErrorCode::DecoderDied:
        return ErrorText::tr(
            "The image could not be decoded safely and was left out. Save it anew in another program.");
    case ErrorCode::DecoderTimedOut:
        return ErrorText::tr("Decoding the image took too long. Save a smaller copy and use that.");
    case ErrorCode::DiskFull:
        return ErrorText::tr("The disk is full. Free some space, then resume: what is done is kept.");
    case ErrorCode::IoFailed:
        return ErrorText::tr("The library could not be written or read. Check the disk, then try again.");
    case ErrorCode::DatabaseFailed:
        return ErrorText::tr(
            "The catalogue could not be used. Close other programs that use this library, then try again.");
    case ErrorCode::SchemaTooNew:
        return ErrorText::tr(
            "This library was made by a newer Grappa and was left as it is. Update Grappa to open it.");
    case ErrorCode::Locked:
        return ErrorText::tr(
            "Another Grappa is doing this for the same library. Wait until it is done, then try again.");
    case ErrorCode::Corrupt:
        return ErrorText::tr("A stored file is damaged. Scan the collection again to make it anew.");
    case ErrorCode::WeightsInvalid:
        return ErrorText::tr("The model's file is damaged or of another kind. Run the set-up again to get it anew.");
    case ErrorCode::WeightsUnsafe:
        return ErrorText::tr("This model file could carry code and was refused. Convert it to safetensors first.");
    case ErrorCode::ModelMissing:
        return ErrorText::tr("The model is not on this computer. Run the set-up again to get it.");
    case ErrorCode::DeviceUnavailable:
        return ErrorText::tr("The device that was asked for is not there. Choose another one, or automatic.");
    case ErrorCode::Interrupted:
        return ErrorText::tr("Stopped. What is done is kept; resume goes on from there.");
    case ErrorCode::Internal:
        return ErrorText::tr("Something went wrong inside Grappa. Try again; the details help to report it.");
    }
    return {};
}

QString errorReason(ErrorCode code) {
    switch (code) {
    case ErrorCode::FileUnreadable:
        return ErrorText::tr("could not be opened");
    case ErrorCode::FileChanged:
        return ErrorText::tr("changed while it was read");
    case ErrorCode::FileTooLarge:
        return ErrorText::tr("file too large");
    case ErrorCode::ImageFormatUnsupported:
        return ErrorText::tr("not a known image format");
    case ErrorCode::ImageTooLarge:
        return ErrorText::tr("too many pixels");
    case ErrorCode::ImageUndecodable:
        return ErrorText::tr("damaged");
    case ErrorCode::DecoderDied:
        return ErrorText::tr("could not be decoded safely");
    case ErrorCode::DecoderTimedOut:
        return ErrorText::tr("decoding took too long");
    case ErrorCode::NotFound:
        return ErrorText::tr("no longer there");
    default:
        return ErrorText::tr("could not be read");
    }
}

Problem problemOf(const Error& error) {
    return problemOf(error.code(), QString::fromUtf8(error.what()));
}

Problem problemOf(ErrorCode code, const QString& detail) {
    return {errorText(code), detail};
}

} // namespace grappa
