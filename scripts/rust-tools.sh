# Sourced by the scripts that need a tool written in Rust: builds it at its pinned version into scripts/rust-tools, which
# git ignores. It is built once per version; after that nothing here touches the network.

rust_tools=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/rust-tools

# need_rust_tool NAME VERSION [OPTION]...: puts the programs of this package and version onto the PATH.
# RUST_TOOL_OPT_LEVEL=3 optimises it, which a tool that is measured needs.
need_rust_tool() {
  local name=$1 version=$2 root=$rust_tools/$1-$2
  shift 2
  PATH=$root/bin:$PATH
  [ ! -f "$root/.crates.toml" ] || return 0
  command -v cargo >/dev/null || { echo "${0##*/}: Rust is missing" >&2; exit 2; }
  mkdir -p "$rust_tools"
  (
    flock 9
    [ ! -f "$root/.crates.toml" ] || exit 0
    local try
    for try in 1 2 3; do
      printf 'building %s %s\n' "$name" "$version" >&2
      # Built as stable code, regardless of the caller's settings. Unoptimised: most tools run for seconds, but their
      # release profiles (cargo-deny: fat LTO) take minutes to build.
      env -u RUSTFLAGS -u RUSTC_BOOTSTRAP CARGO_PROFILE_RELEASE_OPT_LEVEL="${RUST_TOOL_OPT_LEVEL:-0}" CARGO_PROFILE_RELEASE_LTO=off \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 cargo install --quiet --locked --version "$version" --root "$root" \
        --target-dir "$rust_tools/target" "$@" "$name" >&2 && exit 0
      sleep $((try * 10))
    done
    exit 1
  ) 9>"$rust_tools/.lock" || { echo "${0##*/}: $name $version could not be built" >&2; exit 2; }
  rm -rf "$rust_tools/target"
}
