#!/usr/bin/env bash
# Sets up, builds and opens Grappa with the given folders. Without a display it does the same work on the command line
# and writes a contact sheet. With no folder it shows a sample: photographs from the package tuxpaint-stamps-default.
#   bash packaging/run.sh [FOLDER...]
# The library goes to its usual place; GRAPPA_LIBRARY=DIR names another. Further variables: see setup.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

BIN=$ROOT/build/release/bin
SHEET=$ROOT/build/contact-sheet.html

for folder in "$@"; do
    [[ -d $folder ]] || fail "packaging/run.sh $*" "give folders that exist; this is none: $folder"
done

bash "$ROOT/packaging/setup.sh"

# The photographs among the stamps (others are drawings and symbols), as a folder of their own.
copy_sample() {
    mkdir -p "$1" && cd /usr/share/tuxpaint/stamps &&
        find animals food hobbies household plants space sports vehicles -name '*.png' \
            -not -path '*/cartoon/*' -not -path '*/toys/*' -exec cp --parents -pu -t "$1" {} +
}

if (($# == 0)); then
    need_packages tuxpaint-stamps-default
    step "Copying the sample photographs" sample "see that build/ can be written." copy_sample "$ROOT/build/sample photographs"
    set -- "$ROOT/build/sample photographs"
fi

if [[ ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]]; then
    exec "$BIN/grappa" "$@"
fi

collection=$(basename "$(realpath "$1")")
code=0
"$BIN/grappa-cli" import "$@" --collection "$collection" || code=$?
# 4: all is done, some files could not be read and were listed.
((code == 0 || code == 4)) || fail "grappa-cli import (exit code $code)" "see its message above; to go on, start again."
"$BIN/grappa-cli" contact-sheet --collection "$collection" --output "$SHEET"
printf 'No display was found, so here is a contact sheet of images and their neighbours: %s\n' "$SHEET"
