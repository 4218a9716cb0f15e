#pragma once

namespace grappa {

/// Lets screen readers see a GalleryView as a list and its tiles as items with name, score, state and the press that
/// searches. Qt has nothing for a view of one's own. May be called more than once.
void installGalleryAccessibility();

} // namespace grappa
