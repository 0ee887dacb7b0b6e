# Sourced by the judges: shared functions, and the installation of tools.

judges=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd -- "$judges/../.." && pwd)
tools=${tools-$judges}
source "$repository/scripts/spec-tools/tools.sh"

# The program to check: LTS_BIN, or a debug build of this tree.
need_lts() {
    [[ -z ${LTS_BIN-} ]] || return 0
    need_command cargo "Rust"
    cd "$repository"
    retry cargo fetch --locked --quiet >&2 || cannot_run "the Rust dependencies could not be downloaded"
    if ! CARGO_INCREMENTAL=0 cargo build --locked --quiet --features cli --bin lts >&2; then
        echo "FAIL lts does not build"
        echo "0 passed, 1 failed"
        exit 1
    fi
    LTS_BIN=$(cd -- "${CARGO_TARGET_DIR-target}/debug" && pwd)/lts
    export LTS_BIN
}

# Sets $LTS_OPERATIONS, the operations of the document, a line each: METHOD PATH OPERATION.
list_operations() {
    LTS_OPERATIONS=$(awk '
        /^  \/.*:$/ { path = $1; sub(/:$/, "", path) }
        /^    (get|put|post|delete|patch):$/ { method = toupper($1); sub(/:$/, "", method) }
        /^      operationId: / { print method, path, $2 }
    ' "$repository/openapi/lts.yaml")
    export LTS_OPERATIONS
}

# Installs the judges that are Python packages. Sets $python.
need_python_judges() {
    need_command python3 "Python 3.11 or later with its venv module"
    install_once .venv requirements.txt python_venv
    python=$judges/.venv/bin/python
    export PYTHONPATH=$judges PYTHONDONTWRITEBYTECODE=1
}

# Prism, as prism/node_modules/.bin/prism. It declares Node 24 but runs on 20.
need_prism() {
    need_command node "Node.js 20 or later"
    need_command npm "npm"
    install_once prism/node_modules prism/package-lock.json install_prism
}

install_prism() { (cd "$judges/prism" && npm ci --no-audit --no-fund --loglevel=error); }

# count_all FOLDER KNOWN NAME...: runs the folder's scripts NAME/run one after the other, by default all names of the
# list KNOWN. Ends the script with the sum of their counts.
count_all() {
    local folder=$1 known=$2 judge output status start passed=0 failed=0 unable=()
    shift 2
    # shellcheck disable=SC2086 # a list
    [[ $# -gt 0 ]] || set -- $known
    for judge in "$@"; do
        [[ " $known " == *" $judge "* ]] || cannot_run "usage: ${0##*/} [${known// /|}]..."
    done
    need_lts
    output=$(mktemp)
    for judge in "$@"; do
        printf '\n== %s\n' "$judge"
        start=$SECONDS
        "$folder/$judge/run" | tee "$output"
        status=${PIPESTATUS[0]}
        if [[ $status != 2 && $(tail -n 1 "$output") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
            passed=$((passed + BASH_REMATCH[1]))
            failed=$((failed + BASH_REMATCH[2]))
            # The status of a judge must match its count. Otherwise the judge is broken.
            [[ $((status == 0)) == $((BASH_REMATCH[2] == 0)) ]] || failed=$((failed + 1))
        elif [[ $status == 2 ]]; then
            unable+=("$judge")
        else
            printf 'FAIL %s ended with %d and without a count\n' "$judge" "$status"
            failed=$((failed + 1))
        fi
        printf '== %s: %d s\n' "$judge" $((SECONDS - start))
    done
    rm -f "$output"
    printf '\n'
    [[ ${#unable[@]} == 0 ]] || printf 'could not be run: %s\n' "${unable[*]}"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [[ $failed == 0 ]] || exit 1
    [[ ${#unable[@]} == 0 ]] || exit 2
    exit 0
}

# with_emulator COMMAND...: runs it with LTS_URL, the address of a new emulator, and ends with its status.
with_emulator() {
    local output status=0
    output=$(mktemp)
    "$LTS_BIN" emulator --listen 127.0.0.1:0 --self-check >"$output" &
    local emulator=$!
    until [[ -s $output ]] && read -r LTS_URL <"$output"; do
        if ! kill -0 "$emulator" 2>/dev/null; then
            echo "FAIL the emulator did not start"
            echo "0 passed, 1 failed"
            exit 1
        fi
        sleep 0.05
    done
    LTS_URL=${LTS_URL##* }
    export LTS_URL
    "$@" || status=$?
    kill "$emulator"
    wait "$emulator" || true
    rm -f "$output"
    return "$status"
}

# need_jars FOLDER: needs a JDK, and downloads the dependencies of the pom.xml into .lib. jars.sha256 lists the files.
need_jars() {
    need_command javac "a JDK, 17 or later"
    need_command mvn "Maven"
    jars_folder=$tools/$1
    install_once "$1/.lib" "$1/jars.sha256" copy_jars
}

copy_jars() {
    rm -rf "$jars_folder/.lib"
    mvn --quiet --batch-mode --file "$jars_folder/pom.xml" dependency:copy-dependencies \
        -DoutputDirectory="$jars_folder/.lib" && (cd "$jars_folder/.lib" && sha256sum --quiet --check ../jars.sha256)
}
