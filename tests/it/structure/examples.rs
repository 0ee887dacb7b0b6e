//! The resolver and the checks, on small crates that are made up.

use super::{
    loops, mistakes_in_table,
    modules::Sources,
    resolve::{self, Uses},
};

fn uses(files: &[(&str, &str)]) -> Uses {
    let sources: Sources =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    resolve::uses(&sources, &[("made_up", "lib.rs")])
}

/// All uses of a crate, each as `from -> to: names`.
#[track_caller]
fn assert_uses(files: &[(&str, &str)], expected: &[&str]) {
    let uses = uses(files);
    let to_text = |from: &String, (to, names): (&String, _)| {
        format!("{from} -> {to}: {}", loops::comma_separated(names))
    };
    let found =
        uses.iter().flat_map(|(from, targets)| targets.iter().map(move |target| to_text(from, target)));
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn crate_self_and_super_are_resolved() {
    assert_uses(
        &[
            ("lib.rs", "mod a; mod b; struct Root;"),
            ("a/mod.rs", "mod c; fn f() { self::c::run(); } struct Parent;"),
            ("a/c.rs", "use super::Parent; use super::super::{b::B, Root}; pub fn run() { crate::b::g() }"),
            ("b.rs", "pub struct B; pub fn g() {}"),
        ],
        &[
            "a/c.rs -> a/mod.rs: Parent",
            "a/c.rs -> b.rs: B, g",
            "a/c.rs -> lib.rs: Root",
            "a/mod.rs -> a/c.rs: run",
        ],
    );
}

#[test]
fn re_exports_lead_to_the_definition() {
    assert_uses(
        &[
            ("lib.rs", "mod a; mod b; pub use a::{C, c};"),
            ("a/mod.rs", "mod c; pub use c::{C, c};"),
            ("a/c.rs", "pub struct C; pub fn c() {}"),
            ("b.rs", "use crate::C; fn f() -> C { crate::a::c() }"),
        ],
        &["b.rs -> a/c.rs: C, c"],
    );
}

#[test]
fn re_exported_name_counts_where_its_module_uses_it() {
    assert_uses(
        &[("lib.rs", "mod a; pub use a::A; struct Holder(A);"), ("a.rs", "pub struct A;")],
        &["lib.rs -> a.rs: A"],
    );
}

#[test]
fn import_of_a_module_is_not_counted() {
    let file = |b| [("lib.rs", "mod a; mod b;"), ("a.rs", "pub struct A;"), ("b.rs", b)];
    assert_uses(&file("use crate::a;"), &[]);
    assert_uses(&file("use crate::a::{self}; fn f(_: a::A) {}"), &["b.rs -> a.rs: A"]);
}

#[test]
fn glob_gives_the_names_that_are_used() {
    let files = |b| {
        [
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "mod c; pub use c::C; use c::Private; pub struct A;"),
            ("a/c.rs", "pub struct C; pub struct Private;"),
            ("b.rs", b),
        ]
    };
    let with_private = "a/mod.rs -> a/c.rs: Private";
    assert_uses(&files("use crate::a::*; struct B(C);"), &[with_private, "b.rs -> a/c.rs: C"]);
    assert_uses(&files("use crate::a::*; struct B(A, Private);"), &[with_private, "b.rs -> a/mod.rs: A"]);
    // Perhaps a trait, of which only the methods are used.
    assert_uses(&files("use crate::a::*; struct B;"), &[with_private, "b.rs -> a/mod.rs: *"]);
}

#[test]
fn glob_re_export_leads_to_the_definition() {
    assert_uses(
        &[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "pub fn a() {}"),
            ("b.rs", "mod all { pub(super) use super::super::a::*; } fn f() { all::a() }"),
            ("c.rs", "pub use crate::a::*;"),
        ],
        &["b.rs -> a.rs: a"],
    );
}

#[test]
fn renamed_names_are_resolved() {
    assert_uses(
        &[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "pub struct A; pub trait Methods {}"),
            ("b.rs", "pub use crate::a::A as Other; use crate::a::Methods as _;"),
            ("c.rs", "use crate::b as renamed; struct C(renamed::Other);"),
        ],
        &["b.rs -> a.rs: Methods", "c.rs -> a.rs: A"],
    );
}

#[test]
fn paths_in_macros_and_attributes_are_found() {
    let files = |b| {
        let a = "pub struct A; pub fn run() {} pub const LIMIT: u8 = 1;";
        [("lib.rs", "mod a; mod b; pub use a::{A, run};"), ("a.rs", a), ("b.rs", b)]
    };
    for b in [
        r#"fn f() { println!("{}", vec![crate::a::LIMIT]) }"#,
        r#"use super::a as module; fn f() { println!("{}", [1, module::LIMIT]) }"#,
        "macro_rules! limit { () => { $crate::a::LIMIT } }",
        r#"#[derive(Clone)] struct B { #[serde(with = "crate::a::LIMIT")] field: u8 }"#,
        "struct B { #[arg(value_parser = super::a::LIMIT)] field: u8 }",
    ] {
        assert_uses(&files(b), &["b.rs -> a.rs: LIMIT"]);
    }
    // Called, or in upper case; else it is a variable, a member or a label.
    assert_uses(
        &files("mod c { pub use super::super::*; fn f() { assert!(run(A)) } }"),
        &["b.rs -> a.rs: A, run"],
    );
    assert_uses(&files("mod c { pub use super::super::*; fn f() { info!(run = 1, x.run(), ::a::A) } }"), &[]);
}

#[test]
fn items_made_by_a_macro_belong_to_the_file_of_the_macro_call() {
    assert_uses(
        &[("lib.rs", "mod a; mod b;"), ("a.rs", "id! { A, B }"), ("b.rs", "use crate::a::A;")],
        &["b.rs -> a.rs: A"],
    );
}

#[test]
fn included_code_belongs_to_the_file_that_includes_it() {
    assert_uses(
        &[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", r#"pub mod inner { include!(concat!(env!("OUT_DIR"), "/generated.rs")); }"#),
            ("b.rs", "pub struct B; struct C(crate::a::inner::Generated);"),
            ("OUT_DIR/generated.rs", "pub struct Generated(crate::b::B);"),
        ],
        &["a.rs -> b.rs: B", "b.rs -> a.rs: Generated"],
    );
}

#[test]
fn unit_tests_are_left_out() {
    assert_uses(
        &[
            ("lib.rs", "mod a; mod b; #[cfg(all(test, unix))] mod tests;"),
            ("a.rs", "pub struct A; pub struct B;"),
            (
                "b.rs",
                "#[cfg(test)] use crate::a::A; #[cfg(not(test))] use crate::a::B; #[cfg(test)] mod tests { use crate::a::A; }
                impl Own { #[cfg(test)] fn f(_: crate::a::A) { #[cfg(test)] crate::a::A; } }",
            ),
        ],
        &["b.rs -> a.rs: B"],
    );
}

#[test]
fn inline_module_belongs_to_its_file() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub mod inner { mod deep; pub struct Inner; use super::super::b::B; } use inner::Inner;"),
        ("a/inner/deep.rs", "use super::Inner;"),
        ("b.rs", "pub struct B; fn f() -> crate::a::inner::Inner {}"),
    ];
    let expected = ["a.rs -> b.rs: B", "a/inner/deep.rs -> a.rs: Inner", "b.rs -> a.rs: Inner"];
    assert_uses(&files, &expected);
}

#[test]
fn local_use_counts_inside_its_function() {
    assert_uses(
        &[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub mod c; pub struct A;"),
            ("a/c.rs", "pub struct C;"),
            ("b.rs", "fn f() { use crate::a::{A, c}; let _ = (A, c::C); } fn g() { c::D }"),
        ],
        &["b.rs -> a.rs: A", "b.rs -> a/c.rs: C"],
    );
}

#[test]
fn own_names_and_names_of_other_crates_are_not_counted() {
    assert_uses(
        &[
            ("lib.rs", "mod a; mod b; mod http;"),
            ("a.rs", "pub struct A; pub enum Kind { One }"),
            (
                "b.rs",
                "use std::fmt::{self, A}; struct Own; fn f() -> ::http::A { (fmt::A, Own, self::Own, http::B) }",
            ),
            ("http.rs", "pub struct B;"),
        ],
        &[],
    );
}

#[test]
fn function_and_module_can_have_the_same_name() {
    assert_uses(
        &[
            ("lib.rs", "mod a; mod b; pub(crate) use a::a;"),
            ("a.rs", "pub fn a() {} pub enum Kind { One }"),
            ("b.rs", "use crate::a; fn f() { a(); a::Kind::One; }"),
        ],
        &["b.rs -> a.rs: Kind, a"],
    );
}

#[test]
fn other_crate_is_used_by_its_name() {
    let sources = [
        ("lib.rs", "mod a; pub use a::A;"),
        ("a.rs", "pub struct A;"),
        ("bin/main.rs", "mod a; use made_up::A; fn f() { a::run() }"),
        ("bin/a.rs", "pub fn run() {}"),
    ];
    let sources = sources.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let uses = resolve::uses(&sources, &[("made_up", "lib.rs"), ("program", "bin/main.rs")]);
    assert_eq!(uses["bin/main.rs"].keys().collect::<Vec<_>>(), ["a.rs", "bin/a.rs"]);
}

/// A crate with a loop of two files, and one of a folder and a file.
fn with_loops() -> Uses {
    uses(&[
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod c; mod d;"),
        ("a/c.rs", "use super::d::D; pub struct C;"),
        ("a/d.rs", "use super::c::C; pub struct D; fn f() -> crate::b::B {}"),
        ("b.rs", "use crate::a::e::E; pub struct B;"),
    ])
}

#[test]
fn loops_are_reported() {
    let mistakes = loops::mistakes(&with_loops(), &[]);
    let expected = [
        r#"a loop: {"a/c.rs", "a/d.rs"}"#,
        "  a/c.rs -> a/d.rs -> a/c.rs",
        "    a/c.rs -> a/d.rs: D",
        "    a/d.rs -> a/c.rs: C",
        r#"a loop: {"a/", "b.rs"}"#,
        "  a/ -> b.rs -> a/",
        "    a/d.rs -> b.rs: B",
        "    b.rs -> a/mod.rs: e",
    ];
    assert_eq!(mistakes, expected);
}

#[test]
fn exceptions_break_loops_and_are_needed() {
    let exceptions = [("a/c.rs", "a/d.rs", "of files"), ("b.rs", "a/mod.rs", "of entries")];
    assert_eq!(loops::mistakes(&with_loops(), &exceptions), [""; 0]);
    let with_unneeded = [&exceptions[..], &[("b.rs", "a/c.rs", "not there")]].concat();
    let unneeded = ["b.rs -> a/c.rs is an exception, but is in no loop"];
    assert_eq!(loops::mistakes(&with_loops(), &with_unneeded), unneeded);
    let in_no_loop = uses(&[("lib.rs", "mod a; use a::A;"), ("a.rs", "pub struct A;")]);
    let unneeded = ["lib.rs -> a.rs is an exception, but is in no loop"];
    assert_eq!(loops::mistakes(&in_no_loop, &[("lib.rs", "a.rs", "in no loop")]), unneeded);
}

#[test]
fn forbidden_use_is_reported() {
    let uses = uses(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a/mod.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "pub struct B;"),
        ("c.rs", "use crate::a::A;"),
    ]);
    let right: [(&str, &[&str]); 4] = [("lib", &[]), ("a", &["b"]), ("b", &[]), ("c", &["a"])];
    assert_eq!(mistakes_in_table(&uses, &right), [""; 0]);
    let wrong: [(&str, &[&str]); 4] = [("lib", &[]), ("a", &[]), ("c", &["a", "b"]), ("d", &[])];
    let mistakes = [
        "b is not in the table",
        "d is in the table, but is not there",
        "a may not use b: a/mod.rs -> b.rs: B",
        "c may use b, but does not",
    ];
    assert_eq!(mistakes_in_table(&uses, &wrong), mistakes);
}
