//! Translates the rules of texts and numbers in a schema into the types of `src/spec/limits.rs`.
//!
//! A pattern becomes sets of characters: the client then needs no engine for regular expressions. Patterns that sets
//! can't express fail the build.

use proc_macro2::TokenStream;
use quote::quote;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Repetition};
use serde_json::Value;

use super::load::text;

/// The `TextRule` of a schema of type string.
pub(crate) fn text_rule(schema: &Value) -> Result<TokenStream, String> {
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
    let (min, max) = (bound("minLength").unwrap_or(0), bound("maxLength").unwrap_or(u64::MAX));
    let optional = |key: &str| match schema.get(key).and_then(Value::as_str) {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    };
    let characters = match schema.get("pattern").and_then(Value::as_str) {
        Some(pattern) => {
            let characters = characters(pattern)?;
            quote!(Some(#characters))
        }
        None => quote!(None),
    };
    let (pattern, rule) = (optional("pattern"), optional("x-lts-rule"));
    Ok(quote! {
        TextRule { min: #min, max: #max, pattern: #pattern, characters: #characters, rule: #rule }
    })
}

/// The `IntegerRule` of a schema of type integer.
pub(crate) fn integer_rule(schema: &Value) -> TokenStream {
    let bound = |key: &str| schema.get(key).and_then(Value::as_i64);
    let (min, max) = (bound("minimum").unwrap_or(i64::MIN), bound("maximum").unwrap_or(i64::MAX));
    quote!(IntegerRule { min: #min, max: #max })
}

/// The `ValueRule` of a parameter.
pub(crate) fn value_rule(schema: &Value) -> Result<TokenStream, String> {
    let words: Vec<_> = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match text(schema, "type") {
        "string" if !words.is_empty() => Ok(quote!(ValueRule::OneOf(&[#(#words),*]))),
        "string" => text_rule(schema).map(|rule| quote!(ValueRule::Text(#rule))),
        "integer" => {
            let rule = integer_rule(schema);
            Ok(quote!(ValueRule::Integer(#rule)))
        }
        "boolean" => Ok(quote!(ValueRule::Boolean)),
        other => Err(format!("no rule for a parameter of type {other:?}")),
    }
}

/// The `Characters` that a pattern allows: `^C*$`, `^C+$`, or `^F(?:C*L)?$` with a set each for the first character,
/// those in between and the last.
fn characters(pattern: &str) -> Result<TokenStream, String> {
    let hir = regex_syntax::parse(pattern).map_err(|e| e.to_string())?;
    let sets = sets(&hir).ok_or_else(|| {
        format!("the pattern {pattern} is none of ^C*$, ^C+$ and ^F(?:C*L)?$, which sets of characters can express")
    })?;
    let [first, inner, last] = sets.map(|set| {
        let ranges = set.ranges().iter().map(|range| {
            let (start, end) = (range.start(), range.end());
            quote!((#start, #end))
        });
        quote!(&[#(#ranges),*])
    });
    Ok(quote!(Characters { first: #first, inner: #inner, last: #last }))
}

fn sets(hir: &Hir) -> Option<[ClassUnicode; 3]> {
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let [start, parts @ .., end] = parts.as_slice() else { return None };
    let anchored = matches!((start.kind(), end.kind()), (HirKind::Look(_), HirKind::Look(_)));
    match parts {
        [all] if anchored => {
            let all = repeated(all)?;
            Some([all.clone(), all.clone(), all])
        }
        [first, rest] if anchored => {
            let HirKind::Repetition(Repetition { min: 0, max: Some(1), sub, .. }) = rest.kind() else {
                return None;
            };
            let HirKind::Concat(rest) = ungrouped(sub).kind() else { return None };
            let [inner, last] = rest.as_slice() else { return None };
            Some([class(first)?, repeated(inner)?, class(last)?])
        }
        _ => None,
    }
}

fn repeated(hir: &Hir) -> Option<ClassUnicode> {
    match hir.kind() {
        HirKind::Repetition(Repetition { min: 0 | 1, max: None, sub, .. }) => class(sub),
        _ => None,
    }
}

fn class(hir: &Hir) -> Option<ClassUnicode> {
    match ungrouped(hir).kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class.clone()),
        _ => None,
    }
}

fn ungrouped(hir: &Hir) -> &Hir {
    match hir.kind() {
        HirKind::Capture(capture) => ungrouped(&capture.sub),
        _ => hir,
    }
}
