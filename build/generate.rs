//! Generates the raw client of a document.

use std::panic;

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::quote;

use super::{load::Document, lower};

/// The client's code. A panic of the generator becomes a message.
pub(crate) fn client(document: Document) -> Result<TokenStream, String> {
    let file = document.file;
    let lowered = lower::lower(document.raw).map_err(|message| format!("{file}: {message}"))?;
    let api: openapiv3::OpenAPI = serde_json::from_value(lowered).map_err(|e| format!("{file}: {e}"))?;
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
        Generator::new(&settings).generate_tokens(&api).map_err(|e| e.to_string())
    });
    let _ = panic::take_hook();
    let generated = generated.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref().copied());
        Err(format!("the generator gave up: {}", text.unwrap_or("no reason given")))
    });
    generated.map_err(|message| format!("{file}: {message}"))
}
