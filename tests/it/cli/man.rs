//! `lts man`.

use std::fs;

use tempfile::TempDir;

use super::{fails, run, stderr, stdout};

#[test]
fn pages_are_written_for_all_commands() {
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("share/man1");
    let output = run(&["man", pages.to_str().unwrap()]);
    assert_eq!(
        (output.status.code(), stdout(&output), stderr(&output)),
        (Some(0), String::new(), String::new())
    );
    let names: Vec<_> = fs::read_dir(&pages).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    for name in ["lts.1", "lts-group.1", "lts-group-create.1", "lts-emulator.1"] {
        assert!(names.iter().any(|found| found == name), "{name} is missing in {names:?}");
    }
    let is_page = |name: &str| name.starts_with("lts") && name.ends_with(".1");
    assert!(names.iter().all(|name| is_page(name.to_str().unwrap())), "{names:?}");
    assert!(!names.iter().any(|name| ["lts-reference.1", "lts-help.1"].contains(&name.to_str().unwrap())));
    let page = |name: &str| fs::read_to_string(pages.join(name)).unwrap();
    assert_eq!(page("lts.1").matches("\\-\\-max\\-attempts\\fR \\fI").count(), 2, "synopsis and options");
    let create = page("lts-group-create.1");
    assert!(create.contains("lts group create app") && create.contains("lts(1)"), "{create}");
    assert!(!create.contains("max\\-attempts"), "{create}");
    assert_eq!(stdout(&run(&["man"])), page("lts.1"));
    let synopsis = "\\fBlts group create\\fR [\\fB\\-\\-ttl\\fR \\fIDAYS\\fR]";
    assert!(create.contains(synopsis) && create.contains(" \\fINAME\\fR...\n"), "{create}");
}

#[test]
fn folder_that_cannot_be_written_gets_no_pages() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    fails(&["man", file.to_str().unwrap()], 2, "could not write the manual pages to");
    // The last page can't be renamed to a folder with something in it.
    let pages = folder.path().join("pages");
    fs::create_dir_all(pages.join("lts-man.1/in-use")).unwrap();
    fails(&["man", pages.to_str().unwrap()], 2, "could not write the manual pages to");
    let hidden = |name: &str| name.starts_with('.');
    let names = fs::read_dir(&pages).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| hidden(name.to_str().unwrap())));
}

#[test]
fn main_page_has_environment_and_files() {
    let page = stdout(&run(&["man"])).replace('\\', "");
    for section in [".SH ENVIRONMENT\n", ".SH FILES\n", "fI~/.huaweicloud/credentialsfR\n"] {
        assert!(page.contains(section), "{section} is missing in {page}");
    }
    // The variables are those of the client.
    let documented = include_str!("../../../src/config/builder.rs");
    let rows = documented.lines().filter(|line| line.trim_start().starts_with("/// | "));
    let cells: Vec<&str> = rows.flat_map(|row| row.split('`')).collect();
    let names: Vec<_> =
        cells.into_iter().filter(|cell| cell.starts_with("HUAWEICLOUD_") && !cell.contains('<')).collect();
    assert!(names.len() > 10, "{names:?}");
    let help = stdout(&run(&["config", "--help"]));
    for name in &names {
        assert!(page.contains(&format!(".TP\nfB{name}fR\n")), "{name} is missing in {page}");
        assert!(help.contains(&format!("  {name} ")), "{name} is missing in {help}");
    }
    assert_eq!(page.matches(".TP\nfBHUAWEICLOUD_").count(), names.len());
}
