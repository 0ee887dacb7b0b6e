//! Help pages: the client options are listed once.

use super::{run, stdout};

#[test]
fn help_refers_to_the_client_options_in_one_line() {
    let line = "Client options, such as --region and --output: lts help options\n";
    for command in [&[][..], &["group"], &["group", "create"], &["apply"], &["sign"], &["config", "show"]] {
        for flag in ["-h", "--help"] {
            let help = stdout(&run(&[command, &[flag]].concat()));
            assert!(help.contains(line) && !help.contains("--max-attempts"), "{command:?} {flag}: {help}");
        }
    }
    assert!(!stdout(&run(&["emulator", "--help"])).contains("Client options"));
    assert!(!stdout(&run(&["-h"])).contains("\n  options"));
}

#[test]
fn help_options_lists_them_with_their_texts() {
    let help = stdout(&run(&["help", "options"]));
    for text in
        ["--profile", "--timeout <TIME>", "[default: 30s]", "--allow-plain-http", "-o, --output", "--verbose"]
    {
        assert!(help.contains(text), "{text} is missing in {help}");
    }
    let page = std::fs::read_to_string("docs/cli.md").unwrap();
    assert_eq!(page.matches("`--max-attempts N`").count(), 1);
    assert_eq!(stdout(&run(&["options"])), help);
    for flag in ["-h", "--help"] {
        assert_eq!(stdout(&run(&["help", "options", flag])), help);
        assert_eq!(stdout(&run(&["help", "group", flag])), stdout(&run(&["help", "group"])));
    }
}
