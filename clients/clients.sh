# Sourced by the clients' scripts: what the judges have, and the generators.

clients=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
tools=$clients
source "$clients/../scripts/judges/judges.sh"
export PYTHONDONTWRITEBYTECODE=1

need_generators() {
    need_command python3 "Python 3.11 or later with its venv module"
    install_once .venv requirements.txt python_venv
}

# generate COMMAND...: runs a generator, which is talkative; what it can't read counts as a failure.
generate() {
    local said
    if ! said=$("$@" 2>&1); then
        printf 'FAIL %s\n%s\n0 passed, 1 failed\n' "$*" "$said"
        exit 1
    fi
}
