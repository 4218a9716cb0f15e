# Sourced by setup.sh, run.sh and test.sh: named steps, each with a log of its own in build/log.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LOGS=$ROOT/build/log
mkdir -p "$LOGS"

# fail STEP ADVICE: ends the script with a sentence that says what to do.
fail() {
    printf '\nFailed: %s\nWhat to do: %s\n' "$1" "$2" >&2
    exit 1
}

# Shows the last line of a log in place, until it is ended.
show_progress() {
    while kill -0 $$ 2>/dev/null; do
        printf '\r\033[K    %.*s' 100 "$(tail -n 1 "$1" | tr -cd '[:print:]')"
        sleep 0.5
    done
}

# step NAME LOG ADVICE COMMAND...: runs COMMAND with its output in build/log/LOG.log. When it fails: the log's end and ADVICE.
# COMMAND runs in the foreground, so that Ctrl-C reaches it; a function must chain its commands with &&.
step() {
    local name=$1 log=$LOGS/$2.log advice=$3 watcher=
    shift 3
    printf '==> %s\n' "$name"
    : >"$log"
    if [[ -t 1 ]]; then
        show_progress "$log" &
        watcher=$!
    fi
    local code=0
    "$@" >"$log" 2>&1 </dev/null || code=$?
    if [[ $watcher ]]; then
        kill "$watcher"
        wait "$watcher" 2>/dev/null || true
        printf '\r\033[K'
    fi
    if ((code)); then
        tail -n 40 "$log" >&2
        fail "$name (exit code $code, the whole log is $log)" "$advice"
    fi
}

apt_get() {
    local sudo=()
    ((EUID == 0)) || sudo=(sudo)
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends "$@"
}

install_packages() { apt_get update && apt_get install "$@"; }

# need_packages NAME...: installs those of these Debian packages that are missing; asks for no password when none is.
need_packages() {
    local installed missing=() name
    installed=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' "$@" 2>/dev/null || true)"
    for name in "$@"; do
        [[ $installed == *" installed=$name "* ]] || missing+=("$name")
    done
    ((${#missing[@]})) || return 0

    command -v apt-get >/dev/null ||
        fail "Debian packages" "this system has no apt-get; install what these packages hold by hand: ${missing[*]}"
    ((EUID == 0)) || sudo -v ||
        fail "Debian packages" "as root, run: apt-get install --no-install-recommends ${missing[*]}"
    step "Installing Debian packages (${#missing[@]})" packages \
        "see that apt's sources are reachable and name these packages: ${missing[*]}" install_packages "${missing[@]}"
}

# How many compilers to run: one a core, but no more than memory allows (a file that includes LibTorch takes up to 2 GiB).
compilers() {
    awk -v cores="$(nproc)" '/MemAvailable/ { n = int($2 / 2097152); print n < 1 ? 1 : n < cores ? n : cores }' /proc/meminfo
}
