//! The documentation of the library: examples, and the parts of the front page that are no doctests.

use std::fs;

use huaweicloud_lts::Client;
use syn::{ImplItem, Item, Meta, Visibility};

/// The files and folders with the types that a caller of the client meets.
const DOCUMENTED: [&str; 8] = [
    "src/auth/credentials.rs",
    "src/client",
    "src/config/builder.rs",
    "src/model",
    "src/producer/builder.rs",
    "src/producer/mod.rs",
    "src/secret.rs",
    "src/transport/policy.rs",
];

#[test]
fn every_public_method_of_the_client_has_an_example() {
    let mut methods = 0;
    let mut without = Vec::new();
    for file in DOCUMENTED.iter().flat_map(|path| files(path)) {
        for item in syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap().items {
            let Item::Impl(block) = item else { continue };
            for member in block.items {
                let ImplItem::Fn(method) = member else { continue };
                if matches!(method.vis, Visibility::Public(_)) {
                    methods += 1;
                    if !docs(&method.attrs).contains("```") {
                        without.push(format!("{file}: {}", method.sig.ident));
                    }
                }
            }
        }
    }
    assert!(methods > 70, "only {methods} methods were found");
    assert!(without.is_empty(), "methods without an example: {without:#?}");
}

fn files(path: &str) -> Vec<String> {
    if path.ends_with(".rs") {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap();
    entries.map(|entry| entry.unwrap().path().to_str().unwrap().to_owned()).collect()
}

/// The text of the doc comments.
fn docs(attributes: &[syn::Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(doc) = &attribute.meta {
            let value = &doc.value;
            text += &quote::quote!(#value).to_string();
        }
    }
    text
}

#[test]
fn profile_file_on_the_front_page_is_readable() {
    let library = fs::read_to_string("src/lib.rs").unwrap();
    let block = library.split("//! ```ini\n").nth(1).unwrap().split("//! ```").next().unwrap();
    let profiles = block.replace("//! ", "").replace("//!", "");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    fs::write(&file, profiles).unwrap();
    let info = |profile: &str| {
        let file = file.to_str().unwrap().to_owned();
        let variables = [("HUAWEICLOUD_SDK_CREDENTIALS_FILE".to_owned(), file)];
        Client::builder().profile(profile).or_variables(variables).build().unwrap().info().clone()
    };
    assert_eq!(info("basic").endpoint, "https://lts.cn-north-4.myhuaweicloud.com");
    let staging = info("staging");
    assert_eq!(staging.endpoint, "https://lts.eu-de.otc.t-systems.com");
    assert!(staging.credentials_from.contains("[staging]"), "{staging:?}");
}

/// The README quotes programs that are compiled and run elsewhere.
#[test]
fn fragments_of_the_readme_are_in_examples() {
    let unindented = |text: &str| text.lines().map(|line| format!("{}\n", line.trim())).collect::<String>();
    let examples: Vec<_> =
        files("examples").iter().map(|file| unindented(&fs::read_to_string(file).unwrap())).collect();
    let readme = fs::read_to_string("README.md").unwrap();
    let fragments: Vec<_> =
        readme.split("```rs\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(fragments.len() > 3, "{fragments:?}");
    for fragment in fragments {
        let wanted = unindented(fragment);
        assert!(examples.iter().any(|example| example.contains(&wanted)), "no example has:\n{fragment}");
    }
}
