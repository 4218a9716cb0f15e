#pragma once

#include <string>
#include <string_view>

namespace grappa {

/// A name as it is compared: without regard to capital letters and normal forms of Unicode (NFKC_Casefold), so that
/// names from a Mac and typed ones meet. One rule for the catalogue, the command line and the window. Bytes that are
/// not UTF-8 become U+FFFD.
std::string foldedName(std::string_view name);

} // namespace grappa
