//! Reads the modules of crates: the names of each scope, and all paths in the code.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{
    Attribute, Block, ImplItem, Item, Meta, PatIdent, Path, Stmt, TraitItem, UseTree, Visibility,
    punctuated::Punctuated, visit, visit::Visit,
};

/// The text of each file. What the build generates has the prefix `OUT_DIR/`.
pub(super) type Sources = BTreeMap<String, String>;

/// A module, or a block that has items: its names are in scope inside of it only.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) file: String,
    /// The directory of the files of its child modules, with a slash at its end unless empty.
    directory: String,
    pub(super) parent: Option<usize>,
    pub(super) is_block: bool,
    pub(super) items: BTreeSet<String>,
    pub(super) modules: BTreeMap<String, usize>,
    pub(super) imports: Vec<Import>,
}

impl Scope {
    fn new(file: &str, parent: Option<usize>) -> Self {
        Self { file: file.to_owned(), parent, ..Self::default() }
    }
}

/// One name of a `use`.
pub(super) struct Import {
    /// The name that it brings into scope; `*` for a glob.
    pub(super) name: String,
    pub(super) path: Vec<String>,
    /// Whether other modules see it.
    pub(super) is_public: bool,
}

/// A path somewhere in the code.
pub(super) struct Mention {
    pub(super) scope: usize,
    pub(super) path: Vec<String>,
}

/// The scopes of some crates, and what they mention.
pub(super) struct Tree<'a> {
    sources: &'a Sources,
    pub(super) scopes: Vec<Scope>,
    pub(super) mentions: Vec<Mention>,
    /// The scope that is being read.
    current: usize,
    pub(super) crates: Vec<(String, usize)>,
}

impl<'a> Tree<'a> {
    /// Reads crates, given by name and root file. Unit tests are left out.
    pub(super) fn read_crates(sources: &'a Sources, crates: &[(&str, &str)]) -> Self {
        let mut tree =
            Self { sources, scopes: Vec::new(), mentions: Vec::new(), current: 0, crates: Vec::new() };
        for (name, root) in crates {
            let scope = tree.enter(Scope { directory: parent_directory(root), ..Scope::new(root, None) });
            tree.crates.push(((*name).to_owned(), scope));
            tree.read(root);
        }
        tree
    }

    /// Adds a scope and makes it the current one.
    fn enter(&mut self, scope: Scope) -> usize {
        self.scopes.push(scope);
        self.current = self.scopes.len() - 1;
        self.current
    }

    /// Reads the items of a file into the current scope.
    fn read(&mut self, file: &str) {
        let text = self.sources.get(file).unwrap_or_else(|| panic!("{file} is missing"));
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for item in &parsed.items {
            self.visit_item(item);
        }
    }

    fn scope(&mut self) -> &mut Scope {
        &mut self.scopes[self.current]
    }

    fn mention(&mut self, path: Vec<String>) {
        self.mentions.push(Mention { scope: self.current, path });
    }

    fn read_module(&mut self, module: &syn::ItemMod) {
        assert!(
            !module.attrs.iter().any(|attribute| attribute.path().is_ident("path")),
            "#[path] isn't followed"
        );
        let (name, outer) = (plain(&module.ident), self.current);
        let Scope { file, directory, .. } = &self.scopes[outer];
        let (file, directory) = (file.clone(), format!("{directory}{name}/"));
        let file = match module.content {
            Some(_) => file,
            None => {
                let nested = format!("{directory}mod.rs");
                let beside = format!("{}.rs", directory.trim_end_matches('/'));
                if self.sources.contains_key(&nested) { nested } else { beside }
            }
        };
        let scope = self.enter(Scope { directory, ..Scope::new(&file, Some(outer)) });
        self.scopes[outer].modules.insert(name, scope);
        match &module.content {
            Some((_, items)) => items.iter().for_each(|item| self.visit_item(item)),
            None => self.read(&file),
        }
        self.current = outer;
    }

    fn read_use(&mut self, item: &syn::ItemUse) {
        let is_public = match &item.vis {
            Visibility::Inherited => false,
            Visibility::Restricted(to) => !to.path.is_ident("self"),
            Visibility::Public(_) => true,
        };
        if item.leading_colon.is_some() {
            return;
        }
        let mut found = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut found);
        for (name, path) in found {
            // A trait may be imported for its methods only, and no other path names it. Re-exports don't count.
            if !is_public && name != "*" {
                self.mention(path.clone());
            }
            self.scope().imports.push(Import { name, path, is_public });
        }
    }

    fn read_macro(&mut self, item: &syn::ItemMacro) {
        if item.mac.path.is_ident("include") {
            // `include!(concat!(env!("OUT_DIR"), "/name.rs"))`
            let tokens = item.mac.tokens.to_string();
            let name =
                tokens.rsplit('"').nth(1).unwrap_or_else(|| panic!("include!({tokens}) isn't understood"));
            self.read(&format!("OUT_DIR{name}"));
            return;
        }
        if let Some(name) = &item.ident {
            let name = plain(name);
            self.scope().items.insert(name);
        }
        visit::visit_item_macro(self, item);
    }

    /// Takes what looks like a path in tokens. Single names in lower case are mostly variables and labels there:
    /// they count where they are called.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let is = |at: usize, c: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c);
        let is_separator = |at: usize| is(at, ':') && is(at + 1, ':');
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let start = at;
            at += 1;
            let first = match token {
                TokenTree::Group(group) => {
                    self.scan(group.stream());
                    continue;
                }
                TokenTree::Ident(ident) => plain(ident),
                _ => continue,
            };
            let mut path = vec![first];
            while is_separator(at) {
                let Some(TokenTree::Ident(ident)) = tokens.get(at + 2) else { break };
                path.push(plain(ident));
                at += 3;
            }
            let follows = |c| start > 0 && is(start - 1, c);
            let is_member = follows('.') && !(start > 1 && is(start - 2, '.'));
            let is_lifetime = follows('\'');
            let is_macro_parameter = follows('$') && path[0] != "crate";
            let has_leading_colons = start > 1 && is_separator(start - 2);
            if is_member || is_lifetime || is_macro_parameter || has_leading_colons {
                continue;
            }
            let is_called = match tokens.get(at) {
                Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
                _ => is(at, '!') || is_separator(at),
            };
            if path.len() > 1 || is_called || path[0].starts_with(char::is_uppercase) {
                self.mention(path);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Tree<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            return;
        }
        let name = match item {
            Item::Mod(module) => return self.read_module(module),
            Item::Use(item) => return self.read_use(item),
            Item::Macro(item) => return self.read_macro(item),
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::TraitAlias(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            _ => return visit::visit_item(self, item),
        };
        let name = plain(name);
        self.scope().items.insert(name);
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        if !matches!(item, TraitItem::Fn(item) if is_for_tests(&item.attrs)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes = match statement {
            Stmt::Local(statement) => &statement.attrs,
            Stmt::Macro(statement) => &statement.attrs,
            _ => &Vec::new(),
        };
        if !is_for_tests(attributes) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let outer = self.current;
        if block.stmts.iter().any(|statement| matches!(statement, Stmt::Item(_))) {
            let file = self.scopes[outer].file.clone();
            self.enter(Scope { is_block: true, ..Scope::new(&file, Some(outer)) });
        }
        visit::visit_block(self, block);
        self.current = outer;
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() {
            self.mention(path.segments.iter().map(|segment| plain(&segment.ident)).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        let name = plain(&pattern.ident);
        // A constant; in lower case it is a new variable.
        if name.starts_with(char::is_uppercase) {
            self.mention(vec![name]);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.scan(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let Meta::List(list) = &attribute.meta else { return };
        self.scan(list.tokens.clone());
        // `#[serde(with = "module::function")]`
        for text in strings(list.tokens.clone()).iter().filter(|text| text.contains("::")) {
            if let Ok(path) = syn::parse_str::<Path>(text) {
                self.visit_path(&path);
            }
        }
    }
}

/// The names that a `use` brings into scope, each with its path.
fn flatten(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    let with = |name: &syn::Ident| {
        let mut path = before.clone();
        // `a::{self}` is `a`.
        if name != "self" || path.is_empty() {
            path.push(plain(name));
        }
        path
    };
    match tree {
        UseTree::Path(path) => {
            before.push(plain(&path.ident));
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, found)),
        UseTree::Glob(_) => found.push(("*".to_owned(), before.clone())),
        UseTree::Rename(rename) => found.push((plain(&rename.rename), with(&rename.ident))),
        UseTree::Name(name) => {
            let path = with(&name.ident);
            found.extend(path.last().cloned().map(|name| (name, path)));
        }
    }
}

/// Whether something is there in unit tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    fn needs_test(condition: &Meta) -> bool {
        let Meta::List(list) = condition else { return condition.path().is_ident("test") };
        let inner = list.parse_args_with(Punctuated::<Meta, syn::Token![,]>::parse_terminated);
        let inner = inner.unwrap_or_else(|error| panic!("cfg({}): {error}", list.tokens));
        match list.path.get_ident() {
            Some(name) if name == "all" => inner.iter().any(needs_test),
            Some(name) if name == "any" => inner.iter().all(needs_test),
            _ => false,
        }
    }
    let mut conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.any(|attribute| attribute.parse_args().is_ok_and(|condition| needs_test(&condition)))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// All string literals of some tokens.
fn strings(tokens: TokenStream) -> Vec<String> {
    let of_token = |token: TokenTree| match token {
        TokenTree::Group(group) => strings(group.stream()),
        TokenTree::Literal(literal) => {
            syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|text| text.value()).into_iter().collect()
        }
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(of_token).collect()
}

/// A name without the `r#` of a raw identifier.
fn plain(ident: &syn::Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

fn parent_directory(file: &str) -> String {
    file.rsplit_once('/').map_or_else(String::new, |(directory, _)| format!("{directory}/"))
}
