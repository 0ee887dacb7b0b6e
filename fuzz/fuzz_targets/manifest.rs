//! Any text is a manifest or is refused, with mistakes at positions in the text; a manifest that is written is read as
//! the same, and an emulator takes all of it or nothing.
#![no_main]

use std::cell::LazyCell;

use bytes::Bytes;
use http::Request;
use huaweicloud_lts::{emulator::Options, fuzzing::InProcess, manifest::Manifest, provision::{Exported, parse}};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static EMULATOR: LazyCell<(Runtime, InProcess)> = LazyCell::new(|| {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        (runtime, InProcess::new(Options::default()).expect("an emulator"))
    });
}

/// Reads a text as a manifest in YAML.
fn read_yaml(text: &str) {
    match parse("fuzz", text.as_bytes()) {
        Ok(manifest) => {
            let mut exported = Exported::default();
            exported.manifest = manifest;
            let yaml = exported.clone().into_yaml().expect("a manifest can be written");
            assert_eq!(parse("export", yaml.as_bytes()).as_ref(), Ok(&exported.manifest), "{yaml}");
        }
        Err(error) => {
            assert!((1..=20).contains(&error.mistakes().len()), "{error}");
            let lines = 1 + text.matches(['\n', '\r']).count();
            for mistake in error.mistakes() {
                assert!(mistake.line.is_none_or(|line| (1..=lines).contains(&line)), "{error}");
                assert!(mistake.column.is_none_or(|column| (1..=text.len() + 2).contains(&column)), "{error}");
            }
        }
    }
}

fuzz_target!(|text: &str| {
    read_yaml(text);
    let Ok(manifest) = serde_json::from_str::<Manifest>(text) else { return };
    let again = serde_json::to_string(&manifest).expect("a manifest can be written");
    assert_eq!(serde_json::from_str::<Manifest>(&again).as_ref().ok(), Some(&manifest), "{again}");

    EMULATOR.with(|emulator| {
        let (runtime, emulator) = &**emulator;
        let ask = |method: &str, path: &str, body: String| {
            let request = Request::builder().method(method).uri(format!("/_emulator/{path}"));
            let request = request.body(Bytes::from(body)).expect("a good request");
            runtime.block_on(emulator.call(request)).expect("a complete response")
        };
        assert_eq!(ask("POST", "reset", String::new()).status(), 204);
        let seeded = ask("POST", "seed", json!({ "manifest": manifest }).to_string());
        let state: Value = serde_json::from_slice(ask("GET", "state", String::new()).body()).expect("JSON");
        let groups = state["groups"].as_array().expect("groups");
        match seeded.status().as_u16() {
            204 => {
                let names = |group: &Value| group["streams"].as_array().map_or(0, Vec::len);
                let wanted: usize = manifest.groups.iter().map(|group| group.streams.len()).sum();
                assert_eq!(groups.len(), manifest.groups.len(), "{state}");
                assert_eq!(groups.iter().map(names).sum::<usize>(), wanted, "{state}");
            }
            400 => assert!(groups.is_empty(), "refused, but a part of it is there: {state}"),
            other => panic!("{other}: {seeded:?}"),
        }
    });
});
