//! Any text parses as a profile file or fails with a line number and no value; parsed profiles survive a round trip.
#![no_main]

use huaweicloud_lts::fuzzing::profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let sections = match profile(text) {
        Ok(sections) => sections,
        Err(why) => {
            let line = why.strip_prefix("line ").and_then(|rest| rest.split_once(" is neither a section "));
            match line.map(|(line, _)| line.parse::<usize>()) {
                Some(line) => assert!((1..=text.lines().count()).contains(&line.expect("a number")), "{why}"),
                None => assert_eq!(why, "is not an INI file"),
            }
            return;
        }
    };
    let mut anew = String::new();
    for (section, values) in &sections {
        assert!(text.contains(section.as_str()), "{section:?} isn't in the file");
        anew.push_str(&format!("[{section}]\n"));
        for (key, value) in values {
            assert!(!value.is_empty() && text.contains(value.as_str()), "{value:?} isn't in the file");
            assert_eq!(*key, key.to_lowercase());
            anew.push_str(&format!("{key}={value}\n"));
        }
    }
    assert_eq!(profile(&anew).as_ref(), Ok(&sections), "{anew:?}");
});
