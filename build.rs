//! Compiles the OpenAPI documents into `spec.rs` (facts), `lts.rs` and `iam.rs` (types and raw clients).

#[path = "build/document.rs"]
mod document;
#[path = "build/facts.rs"]
mod facts;
#[path = "build/lower.rs"]
mod lower;

use std::{env, fs, panic, path::PathBuf};

use document::Document;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::quote;

fn main() {
    for input in ["build.rs", "build", "openapi/lts.yaml", "openapi/iam.yaml"] {
        println!("cargo::rerun-if-changed={input}");
    }
    if let Err(message) = run() {
        println!("cargo::error={}", message.replace('\n', " "));
    }
}

fn run() -> Result<(), String> {
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|e| format!("OUT_DIR: {e}"))?);
    let write = |name: &str, text: &str| fs::write(out.join(name), text).map_err(|e| format!("{name}: {e}"));
    let [lts, iam] = ["openapi/lts.yaml", "openapi/iam.yaml"].map(|file| {
        let text = fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        Document::parse(file, &text).map_err(|mistake| mistake.to_string())
    });
    let (lts, iam) = (lts?, iam?);
    write("spec.rs", &pretty(facts::facts(&lts, &iam))?)?;
    for (name, document) in [("lts", lts), ("iam", iam)] {
        write(&format!("{name}.json"), &format!("{:#}\n", document.raw))?;
        let code = pretty(generate(name, document)?)?;
        // The generator's usage lines are no complete programs: text, not tests to be ignored.
        write(&format!("{name}.rs"), &for_transport(&code)?.replace("```ignore", "```text"))?;
    }
    Ok(())
}

/// Leaves URLs and headers of requests to the transport, which has parsed the endpoint and sets headers of its own.
fn for_transport(code: &str) -> Result<String, String> {
    let mut parts = code.split("let mut header_map = ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, request) =
            part.split_once("#[allow(unused_mut)]").ok_or("the generator made another request")?;
        let (before, after) = request.split_once(".headers(header_map)").ok_or("the headers are not used")?;
        out.extend(["let url = client.inner.url(url).map_err(Error::InvalidRequest)?; ", before, after]);
    }
    Ok(out)
}

/// The raw client of one document; a panic of the generator becomes a message.
fn generate(name: &str, document: Document) -> Result<proc_macro2::TokenStream, String> {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::transport::Transport))
        .with_map_type("::std::collections::BTreeMap");
    for (component, ours) in lower::REPLACED {
        settings.with_replacement(component, ours, [TypeImpl::Display, TypeImpl::FromStr].into_iter());
    }
    panic::set_hook(Box::new(|_| ()));
    let generated = panic::catch_unwind(move || {
        Generator::new(&settings).generate_tokens(&lower::lower(document.api)).map_err(|e| e.to_string())
    });
    let _ = panic::take_hook();
    let generated = generated.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref().copied());
        Err(format!("the generator gave up: {}", text.unwrap_or("no reason given")))
    });
    generated.map_err(|message| format!("openapi/{name}.yaml: {message}"))
}

fn pretty(tokens: proc_macro2::TokenStream) -> Result<String, String> {
    Ok(prettyplease::unparse(&syn::parse2(tokens).map_err(|e| format!("generated code: {e}"))?))
}
