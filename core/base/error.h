#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace grappa {

/// What went wrong, as a program can act on it. The window maps each code to a sentence in the user's language;
/// grappa-cli maps it to an exit code. Names are stored in the catalogue: append, never rename.
enum class ErrorCode {
    Usage,                  ///< an argument is wrong
    NotFound,               ///< a named thing (collection, image, model) is not there
    FileUnreadable,         ///< open, stat or read of a user's file failed
    FileChanged,            ///< a file changed while it was read
    FileTooLarge,           ///< more bytes than the limit
    ImageFormatUnsupported, ///< not one of the formats that are decoded
    ImageTooLarge,          ///< more pixels than the limit, from the header
    ImageUndecodable,       ///< the decoder refused the bytes
    DecoderDied,            ///< the decode worker was killed by this file
    DecoderTimedOut,        ///< the decode worker ran past its time limit
    DiskFull,               ///< ENOSPC, EDQUOT
    IoFailed,               ///< another failed read, write, fsync or rename of our own files
    DatabaseFailed,         ///< SQLite refused
    SchemaTooNew,           ///< the library was written by a newer version
    Locked,                 ///< another process does the same kind of job
    Corrupt,                ///< a stored file does not match its checksum or header
    WeightsInvalid,         ///< a weights file is malformed or does not fit the architecture
    WeightsUnsafe,          ///< a weights format that can carry code
    ModelMissing,           ///< no such backbone or adaptation, or its file is gone
    DeviceUnavailable,      ///< a device was asked for that is not there
    Interrupted,            ///< stopped by the user; what is done is kept
    Internal,               ///< a defect of this program
};

/// The code's stable name, as stored and as printed in JSON ("image_undecodable").
std::string_view errorName(ErrorCode code);

/// The code with that name; Internal when there is none.
ErrorCode errorFromName(std::string_view name);

/// An English sentence with the file, the reason and what to do, and a code to act on.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& detail) : std::runtime_error(detail), m_code(code) {}
    ErrorCode code() const { return m_code; }

private:
    ErrorCode m_code;
};

/// Error for a failed system call: code DiskFull when errno says so, else `otherwise`; detail "<what>: <strerror>".
Error systemError(ErrorCode otherwise, const std::string& what, int errnoValue);

} // namespace grappa
