#!/usr/bin/env bash
# Sets up, builds everything and runs all tests: the model and trainer alone (train-only), the sanitizers over all that
# does not need LibTorch, then the whole. Ends with ctest's summary. Variables: see setup.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
cd "$ROOT"

bash packaging/setup.sh --dev

# build PRESET: configures and builds it.
build() {
    cmake --preset "$1" -DGRAPPA_LIBTORCH="${GRAPPA_LIBTORCH:-}" && cmake --build --preset "$1" -j "$(compilers)"
}

step "Building the model and the trainer alone" train-only "they must build with LibTorch alone." build train-only
step "Building with sanitizers" asan-build "see the compiler's message above." build asan
step "Testing with sanitizers" asan-test "see which test failed; run it alone from build/asan/tests." \
    ctest --preset asan --no-tests=error

echo "==> Testing"
ctest --preset release --no-tests=error
