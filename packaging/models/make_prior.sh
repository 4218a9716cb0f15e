#!/usr/bin/env bash
# Fits the prior of the default backbone (core/model/descriptor.h) on a folder of a few thousand varied images and puts
# it where set-up takes it from. What it writes is covariances: no image is in it.
#   bash packaging/models/make_prior.sh FOLDER
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../steps.sh"
[[ -d ${1:-} ]] || fail "packaging/models/make_prior.sh ${1:-}" "give a folder of images that exists."

# The size that the choice of the recipe was measured at.
"$ROOT/build/release/bin/grappa-cli" --input-size 112 models prior --images "$1" \
    --output "$ROOT/resources/models/dinov2-vits14-focus.prior"
