# Sourced by the judges: what each of them needs, and how the tools get here.

judges=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd -- "$judges/../.." && pwd)
tools=$judges
source "$repository/scripts/spec-tools/tools.sh"

# The program under judgement: LTS_BIN, or else a debug build of this very tree.
need_lts() {
    [[ -z ${LTS_BIN-} ]] || return 0
    need_command cargo "Rust"
    cd "$repository"
    retry cargo fetch --locked --quiet >&2 || cannot_run "the Rust dependencies could not be had"
    if ! CARGO_INCREMENTAL=0 cargo build --locked --quiet --features cli --bin lts >&2; then
        echo "FAIL lts does not build"
        echo "0 passed, 1 failed"
        exit 1
    fi
    LTS_BIN=$(cd -- "${CARGO_TARGET_DIR-target}/debug" && pwd)/lts
    export LTS_BIN
}

# The judges that are Python packages, and the Python that has them.
need_python_judges() {
    need_command python3 "Python 3.11 or later with its venv module"
    install_once .venv requirements.txt python_venv
    python=$judges/.venv/bin/python
    export PYTHONPATH=$judges PYTHONDONTWRITEBYTECODE=1
}

# count_all JUDGE...: runs judges one after the other, and ends the script with the sum of their counts.
count_all() {
    local judge said status start passed=0 failed=0 unable=()
    said=$(mktemp)
    for judge in "$@"; do
        printf '\n== %s\n' "$judge"
        start=$SECONDS
        "$judges/$judge/run" | tee "$said"
        status=${PIPESTATUS[0]}
        if [[ $status != 2 && $(tail -n 1 "$said") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
            passed=$((passed + BASH_REMATCH[1]))
            failed=$((failed + BASH_REMATCH[2]))
            # A judge that fails without a finding, or finds something and doesn't fail, is broken itself.
            [[ $((status == 0)) == $((BASH_REMATCH[2] == 0)) ]] || failed=$((failed + 1))
        elif [[ $status == 2 ]]; then
            unable+=("$judge")
        else
            printf 'FAIL %s ended with %d and without a count\n' "$judge" "$status"
            failed=$((failed + 1))
        fi
        printf '== %s: %d s\n' "$judge" $((SECONDS - start))
    done
    rm -f "$said"
    printf '\n'
    [[ ${#unable[@]} == 0 ]] || printf 'could not be run: %s\n' "${unable[*]}"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [[ $failed == 0 ]] || exit 1
    [[ ${#unable[@]} == 0 ]] || exit 2
    exit 0
}
