//! docs/cli.md, which is generated from the definitions of the commands.

use super::{run, stdout};

#[test]
fn reference_is_current() {
    let page = std::fs::read_to_string("docs/cli.md").unwrap_or_default();
    let current = stdout(&run(&["reference"]));
    assert!(page == current, "docs/cli.md is stale: cargo run --features cli -- reference > docs/cli.md");
}

#[test]
fn every_help_has_examples_and_fits_100_columns() {
    let reference = stdout(&run(&["reference"]));
    let titles =
        reference.lines().filter_map(|line| line.strip_prefix("## `lts ").or(line.strip_prefix("### `lts ")));
    let mut seen = 0;
    for title in titles {
        let words: Vec<&str> = title.trim_end_matches('`').split(' ').collect();
        for flag in ["-h", "--help"] {
            let help = stdout(&run(&[&words[..], &[flag]].concat()));
            assert!(help.contains("Usage: lts"), "{title}");
            let wide = help.lines().find(|line| line.chars().count() > 100);
            assert_eq!(wide, None, "{title}");
            assert!(help.contains("Example"), "the help of {title} has no example:\n{help}");
        }
        seen += 1;
    }
    assert!(seen > 20, "only {seen} commands");
}
