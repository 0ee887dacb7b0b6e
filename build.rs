//! Compiles the OpenAPI documents into facts (`spec.rs`, `limits.rs`, `bodies.rs`, `dispatch.rs`), and into types and
//! raw clients (`lts.rs`, `iam.rs`).

#[path = "build/facts.rs"]
mod facts;
#[path = "build/generate.rs"]
mod generate;
#[path = "build/load.rs"]
mod load;
#[path = "build/lower.rs"]
mod lower;
#[path = "build/rules.rs"]
mod rules;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use load::Document;
use proc_macro2::TokenStream;

const LTS: &str = "openapi/lts.yaml";
const IAM: &str = "openapi/iam.yaml";
/// A document of the unit tests, with all that a document may have. The published package doesn't have it.
const MADE_UP: &str = "tests/data/made-up.yaml";

fn main() {
    // A missing file would run this script at every build.
    for input in
        ["build.rs", "build", LTS, IAM, MADE_UP].into_iter().filter(|input| Path::new(input).exists())
    {
        println!("cargo::rerun-if-changed={input}");
    }
    if let Err(message) = run() {
        println!("cargo::error={}", message.replace('\n', " "));
    }
}

fn run() -> Result<(), String> {
    let (lts, iam) = (read(LTS)?, read(IAM)?);
    write_code("spec.rs", facts::spec(&lts, &iam)?)?;
    write_code("limits.rs", facts::limits(&lts)?)?;
    write_code("bodies.rs", facts::bodies(&[&lts, &iam]))?;
    write_code("dispatch.rs", facts::dispatch(&[&lts, &iam]))?;
    write("lts.json", &format!("{:#}\n", lts.raw))?;
    write("iam.json", &format!("{:#}\n", iam.raw))?;
    write_code("lts.rs", generate::client(lts)?)?;
    write_code("iam.rs", generate::client(iam)?)?;
    if Path::new(MADE_UP).exists() {
        let made_up = read(MADE_UP)?;
        write_code("made_up_spec.rs", facts::operations(&[&made_up])?)?;
        write_code("made_up.rs", generate::client(made_up)?)?;
    }
    Ok(())
}

fn read(file: &'static str) -> Result<Document, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
    Document::parse(file, &text).map_err(|error| error.to_string())
}

fn write_code(name: &str, code: TokenStream) -> Result<(), String> {
    let file = syn::parse2(code).map_err(|e| format!("{name}: {e}"))?;
    // The generator marks usage lines as tests to be ignored; they are text.
    write(name, &prettyplease::unparse(&file).replace("```ignore", "```text"))
}

fn write(name: &str, text: &str) -> Result<(), String> {
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|e| format!("OUT_DIR: {e}"))?);
    fs::write(out.join(name), text).map_err(|e| format!("{name}: {e}"))
}
