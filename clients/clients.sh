# Sourced by the clients' scripts: the functions of the judges, and the generators.

clients=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
tools=$clients
source "$clients/../scripts/judges/judges.sh"
export PYTHONDONTWRITEBYTECODE=1
# The names of the operations of the document. Each program checks that it has called them all.
list_operations
LTS_OPERATIONS=$(awk '{ print $3 }' <<<"$LTS_OPERATIONS" | tr '\n' ' ')

need_generators() {
    need_command python3 "Python 3.11 or later with its venv module"
    install_once .venv requirements.txt python_venv
}

# generate COMMAND...: runs a generator and prints its output only if it fails, which counts as a failure.
generate() {
    local said
    if ! said=$("$@" 2>&1); then
        printf 'FAIL %s\n%s\n0 passed, 1 failed\n' "$*" "$said"
        exit 1
    fi
}
