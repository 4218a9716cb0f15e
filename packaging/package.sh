#!/usr/bin/env bash
# Makes the packages, in build/packages: a Debian package for systems like this one, and an archive that runs where it is
# unpacked, with all libraries but those of the C library, X11, Wayland, OpenGL and the fonts.
#   bash packaging/package.sh [deb] [tar]    without an argument both
# Both hold LibTorch's CPU libraries, the default backbone and its prior. The same commit in a folder of the same name
# with the same installed packages gives the same bytes. No AppImage: its runtime is not in Debian, and the archive does
# the same without FUSE. packaging/check_package.sh tries both. Variables: see setup.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
cd "$ROOT"

KINDS=("$@")
(($#)) || KINDS=(deb tar)
for kind in "${KINDS[@]}"; do
    [[ $kind == deb || $kind == tar ]] || fail "packaging/package.sh $*" "name deb, tar or both."
done

bash packaging/setup.sh
need_packages dpkg-dev patchelf zstd

OUT=$ROOT/build/packages
WORK=$ROOT/build/packages/work
VERSION=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' build/release/CMakeCache.txt)
ARCHITECTURE=$(dpkg --print-architecture)
# Time of the commit: dpkg-deb and tar write no later one.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
export SOURCE_DATE_EPOCH
# A higher level takes many minutes for LibTorch and saves a tenth.
ZSTD_LEVEL=9

# A build with CUDA has no such link: its programs use LibTorch where it is.
[[ -e build/release/lib/grappa/libtorch_cpu.so ]] ||
    fail "packaging/package.sh" "packages hold a CPU build of LibTorch: set GRAPPA_TORCH_INDEX to an index of CPU builds."

# install_into FOLDER PREFIX: what is installed, stripped, with the modes of a package.
install_into() {
    rm -rf "$1" && mkdir -p "$1" && DESTDIR=$1 cmake --install build/release --prefix "$2" --strip &&
        strip --strip-unneeded "$1$2"/lib/grappa/*.so* && chmod -R u=rwX,go=rX "$1"
}

# The packages that the programs' libraries are in.
dependencies() {
    (cd "$WORK/deb" && dpkg-shlibdeps -O -ldebian/grappa/usr/lib/grappa \
        debian/grappa/usr/bin/* debian/grappa/usr/lib/grappa/*.so*) | sed -n 's/^shlibs:Depends=//p'
}

make_deb() {
    local root=$WORK/deb/debian/grappa depends
    install_into "$root" /usr &&
        printf 'Source: grappa\n\nPackage: grappa\nArchitecture: any\n' >"$WORK/deb/debian/control" &&
        depends=$(dependencies) && mkdir -p "$root/DEBIAN" && cat >"$root/DEBIAN/control" <<CONTROL &&
Package: grappa
Version: $VERSION
Architecture: $ARCHITECTURE
Maintainer: The Grappa developers
Section: graphics
Priority: optional
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
Depends: $depends
Recommends: qt6-wayland
Description: visual search in your own folders of images
 Drop in a folder of pictures, click one, and see those that look like it, with
 a score. Grappa describes images with a vision transformer and can learn a
 collection without labels. Everything happens on this computer.
CONTROL
        dpkg-deb --root-owner-group -Zzstd -z$ZSTD_LEVEL --build "$root" "$OUT/grappa_${VERSION}_$ARCHITECTURE.deb"
}

# Of each system itself: the C and C++ libraries, and what talks to its graphics and fonts.
OF_THE_SYSTEM='^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|gcc_s|stdc\+\+|GL|GLX|EGL|OpenGL|GLdispatch|gbm|drm|X11|X11-xcb|xcb|'
OF_THE_SYSTEM+='wayland-(client|cursor|egl)|fontconfig|freetype|z|expat|uuid))\.so'

# libraries_of FILE...: the paths of those that belong into the archive.
libraries_of() {
    ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u | while read -r path; do
        [[ $(basename "$path") =~ $OF_THE_SYSTEM ]] || echo "$path"
    done
}

make_tar() {
    local name=grappa-$VERSION-$(uname -m) root libraries plugins kind
    root=$WORK/tar/$name
    install_into "$root" / || return
    libraries=$root/lib/grappa
    plugins=$(qtpaths6 --query QT_INSTALL_PLUGINS 2>/dev/null || qmake6 -query QT_INSTALL_PLUGINS) || return
    for kind in platforms/libqxcb platforms/libqoffscreen platforms/libqwayland-generic platforms/libqwayland-egl \
        wayland-shell-integration/libxdg-shell wayland-decoration-client/libbradient \
        platformthemes/libqxdgdesktopportal iconengines/libqsvgicon imageformats/libqsvg imageformats/libqjpeg; do
        # Those for Wayland are in a package of their own.
        [[ ! -e $plugins/$kind.so ]] || install -D -m 644 -t "$libraries/plugins/${kind%/*}" "$plugins/$kind.so" || return
    done
    libraries_of "$root"/bin/* "$libraries"/plugins/*/*.so | while read -r path; do
        [[ -e $libraries/$(basename "$path") ]] || install -m 644 "$path" "$libraries/"
    done
    printf '[Paths]\nPrefix = ..\nPlugins = lib/grappa/plugins\n' >"$root/bin/qt.conf" &&
        # An rpath (not a runpath) also holds for the libraries that the programs' libraries and plugins need.
        patchelf --force-rpath --set-rpath "\$ORIGIN/../lib/grappa" "$root"/bin/grappa{,-cli,-decode} &&
        chmod -R u=rwX,go=rX "$root" &&
        tar -C "$WORK/tar" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf - "$name" |
        zstd -$ZSTD_LEVEL -T2 -qf -o "$OUT/$name.tar.zst"
}

rm -rf "$WORK"
mkdir -p "$WORK"
for kind in "${KINDS[@]}"; do
    step "Making the package ($kind)" "package-$kind" "see the log; remove build/packages and start again." "make_$kind"
done
rm -rf "$WORK"
(cd "$OUT" && sha256sum -- grappa* >SHA256SUMS && ls -l)
