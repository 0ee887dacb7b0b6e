//! Escaped text has no unsafe characters, is escaped once only, and keeps everything else; JSON and YAML keep their
//! values.
#![no_main]

use huaweicloud_lts::escape::{is_unsafe, json, line, lines, yaml, yaml_string};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for (escaped, stays) in [(line(text), ""), (lines(text), "\n")] {
        let is_escaped = |c: char| is_unsafe(c) && !stays.contains(c);
        assert!(!escaped.contains(is_escaped), "{escaped:?}");
        assert_eq!(line(&escaped).replace("\\u{a}", "\n"), escaped.replace("\\u{a}", "\n"));
        assert_eq!(lines(&escaped), escaped);
        let mut rest = &*escaped;
        for c in text.chars() {
            let expected = if is_escaped(c) { format!("\\u{{{:x}}}", u32::from(c)) } else { c.to_string() };
            rest = rest.strip_prefix(&expected).expect("each character is itself or its escape");
        }
        assert_eq!(rest, "");
    }

    let is_escaped = |c: char| c != '\n' && is_unsafe(c);
    let document = serde_json::to_string_pretty(&[text]).expect("strings can be serialized");
    let document = json(&document);
    assert!(!document.contains(is_escaped), "{document:?}");
    assert_eq!(serde_json::from_str::<[String; 1]>(&document).expect("it is JSON"), [text]);
    assert_eq!(json(&document), document);

    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX, prefer_block_scalars: false };
    let document = serde_saphyr::to_string_with_options(&[yaml_string(text)], options);
    let document = document.expect("strings can be serialized");
    let document = yaml(&document);
    assert!(!document.contains(is_escaped), "{document:?}");
    assert_eq!(yaml(&document), document);
    assert_eq!(serde_saphyr::from_str::<Vec<String>>(&document).expect("it is YAML"), [text], "{document:?}");
});
