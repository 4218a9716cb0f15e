#!/usr/bin/env bash
# Tries what package.sh made: validates the texts that are installed, then installs the Debian package in a clean root of
# Debian, imports and searches there, starts the window without a display, removes the package, and unpacks the archive
# and does the same. As root; needs the network for the root and for the packages that Grappa depends on.
#   bash packaging/check_package.sh
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
cd "$ROOT"

((EUID == 0)) || fail "packaging/check_package.sh" "run it as root: it makes a root folder of a system."
need_packages debootstrap desktop-file-utils appstream man-db zsh fish zstd

PACKAGES=$ROOT/build/packages
DEB=$(echo "$PACKAGES"/grappa_*.deb)
ARCHIVE=$(echo "$PACKAGES"/grappa-*.tar.zst)
[[ -f $DEB && -f $ARCHIVE ]] || fail "packaging/check_package.sh" "first run: bash packaging/package.sh"
CLEAN=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
clean_up() {
    umount "$CLEAN/root/proc" "$CLEAN/root/dev" 2>/dev/null || true
    rm -rf --one-file-system "$CLEAN"
}
trap clean_up EXIT

validate() {
    local root=$CLEAN/unpacked share
    dpkg-deb -x "$DEB" "$root" && share=$root/usr/share &&
        desktop-file-validate "$share"/applications/*.desktop &&
        appstreamcli validate --no-net "$share"/metainfo/*.xml &&
        bash -n "$share/bash-completion/completions/grappa-cli" &&
        zsh -n "$share/zsh/site-functions/_grappa-cli" &&
        fish --no-execute "$share/fish/vendor_completions.d/grappa-cli.fish" &&
        for page in "$share"/man/man1/*.1; do
            [[ -z $(LC_ALL=C.UTF-8 man --warnings -Tutf8 -l "$page" 2>&1 >/dev/null) ]] || return
        done
}

make_root() {
    debootstrap --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$CLEAN/root" &&
        cp -rT /etc/apt/apt.conf.d "$CLEAN/root/etc/apt/apt.conf.d" &&
        cp /etc/resolv.conf "$CLEAN/root/etc/" &&
        mount --bind /dev "$CLEAN/root/dev" && mount -t proc proc "$CLEAN/root/proc" &&
        mkdir "$CLEAN/root/pictures" && cp resources/screenshots/*.jpg "$CLEAN/root/pictures/"
}

# inside COMMAND...: runs it in the clean root, with nothing of this environment but what apt needs to reach its sources.
inside() {
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        QT_QPA_PLATFORM=offscreen ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        chroot "$CLEAN/root" "$@"
}

# try_programs FOLDER: the programs in it import, search and open a window.
try_programs() {
    inside "$1/grappa-cli" --version && inside "$1/grappa-cli" import /pictures --collection pictures &&
        inside "$1/grappa-cli" search /pictures/groups-dark.jpg | grep groups-dark.jpg && inside "$1/grappa" --version ||
        return
    local code=0
    inside timeout 20 "$1/grappa" || code=$?
    ((code == 124)) # it ran until it was ended
}

try_deb() {
    cp "$DEB" "$CLEAN/root/grappa.deb" && inside apt-get update &&
        inside apt-get -y --no-install-recommends install /grappa.deb && try_programs /usr/bin
}

remove_deb() {
    inside apt-get -y remove grappa && [[ ! -e $CLEAN/root/usr/bin/grappa && ! -e $CLEAN/root/usr/lib/grappa ]] &&
        [[ -s $CLEAN/root/root/.local/share/grappa/catalogue.sqlite ]] &&
        inside apt-get -y autoremove
}

# The archive takes these from the system, on which any desktop has them.
try_archive() {
    inside apt-get -y --no-install-recommends install libegl1 libopengl0 libglx0 libfontconfig1 libx11-6 libx11-xcb1 &&
        mkdir "$CLEAN/root/opt/grappa" && tar -C "$CLEAN/root/opt/grappa" --strip-components=1 --zstd -xf "$ARCHIVE" &&
        rm -rf "$CLEAN/root/root/.local" && try_programs /opt/grappa/bin
}

step "Validating the installed texts" check-texts "see the log." validate
step "Making a clean root" check-root "see that debootstrap reaches Debian's packages." make_root
step "Installing the Debian package and trying it" check-deb "see the log." try_deb
step "Removing it" check-remove "see the log." remove_deb
step "Trying the archive" check-archive "see the log." try_archive
echo "Both packages work."
