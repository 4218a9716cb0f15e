#pragma once

#include "core/base/half.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace grappa {

/// How the numbers of a vector are stored: a row. The values stand in files and never change.
enum class RowFormat : std::uint32_t {
    Half, ///< fp16 [dim]
    Int8, ///< float32 scale, int8 [dim]: each number is scale * int8; the largest is 127 or -127, and the scale keeps
          ///< the length of the vector, so that a picture's cosine with itself is 1. The scale of a zero row is 0.
};

/// Bytes of a row. Rows lie one after the other without padding, so those of Int8 have no alignment; those of Half must
/// be aligned to 2 bytes, which they are when the first one is.
std::size_t rowBytes(RowFormat format, std::size_t dim);

/// Rounds to nearest; writes rowBytes(format, vector.size()) bytes. The values must be finite.
void encodeRow(std::span<const float> vector, RowFormat format, std::byte* to);
/// vector: [dim].
void decodeRow(const std::byte* row, RowFormat format, std::span<float> vector);
/// Whether all numbers that the row stands for are finite.
bool isFiniteRow(const std::byte* row, RowFormat format, std::size_t dim);

/// Inner product of two rows. That of Int8 is exact but for the rounding of the result.
float rowDot(RowFormat format, const std::byte* a, const std::byte* b, std::size_t dim);
/// Inner product of a row and an fp16 vector (a centroid), accumulated in float.
float rowHalfDot(RowFormat format, const std::byte* row, const std::uint16_t* halves, std::size_t dim);

/// What many rows are multiplied by: made once, rounded to fp16 for rows of that format and to 16-bit integers for
/// those of Int8, so that the rows' own rounding is nearly all that is lost. Immutable.
class RowQuery {
public:
    RowQuery() = default; ///< of no numbers
    /// vector: finite.
    RowQuery(RowFormat format, std::span<const float> vector);

    std::size_t dim() const { return m_dim; }
    RowFormat format() const { return m_format; }
    /// Inner product with a row of this format and length.
    float dot(const std::byte* row) const;
    /// The query itself as a row, for what compares rows with rows. Less exact than dot() where the format is Int8.
    const std::byte* row() const { return m_row.data(); }

private:
    friend float rowQueryDot(const RowQuery& query, const std::byte* row, HalfPath path);

    RowFormat m_format = RowFormat::Half;
    std::size_t m_dim = 0;
    std::vector<std::byte> m_row;
    std::vector<std::int16_t> m_values; ///< Int8: the query is m_scale * these
    float m_scale = 0;
};

/// The ways to compute the above; `bestRowPath` is what the CPU has. All give the same numbers for Int8 but for
/// rowHalfDot(), whose sums are rounded. For tests and benchmarks.
HalfPath bestRowPath();
float rowDot(RowFormat format, const std::byte* a, const std::byte* b, std::size_t dim, HalfPath path);
float rowHalfDot(RowFormat format, const std::byte* row, const std::uint16_t* halves, std::size_t dim, HalfPath path);
float rowQueryDot(const RowQuery& query, const std::byte* row, HalfPath path);

} // namespace grappa
