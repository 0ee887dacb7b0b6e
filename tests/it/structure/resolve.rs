//! Resolves the paths of crates: which names each file uses of which other file.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::{Mention, Sources, Tree};

/// From each file to the files that it uses, with the names that it uses of them.
pub(super) type Uses = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Resolves all paths of some crates, given by name and root file. Unit tests are left out.
pub(super) fn uses(sources: &Sources, crates: &[(&str, &str)]) -> Uses {
    Tree::read_crates(sources, crates).resolve_mentions()
}

/// What a path names. Modules and other items can have the same name.
#[derive(Debug, Clone, Default)]
struct Target {
    module: Option<usize>,
    /// The scope that defines the item, and the item's name.
    item: Option<(usize, String)>,
}

impl Tree<'_> {
    fn resolve_mentions(&self) -> Uses {
        let files = self.scopes.iter().map(|scope| (scope.file.clone(), BTreeMap::new()));
        let mut uses: Uses = files.collect();
        let mut add = |scope: usize, (of, name): (usize, String)| {
            let (from, to) = (&self.scopes[scope].file, &self.scopes[of].file);
            if from != to {
                let targets = uses.entry(from.clone()).or_default();
                targets.entry(to.clone()).or_default().insert(name);
            }
        };
        let mut used_globs = BTreeSet::new();
        for Mention { scope, path } in &self.mentions {
            let mut search = Search { tree: self, pending: Vec::new(), globs: &mut used_globs };
            if let Some(item) = search.path(*scope, path).item {
                add(*scope, item);
            }
        }
        // A glob that gave no name counts too: it may be there for a trait's methods.
        for (id, scope) in self.scopes.iter().enumerate() {
            for (index, import) in scope.imports.iter().enumerate() {
                if import.name != "*" || import.is_public || used_globs.contains(&(id, index)) {
                    continue;
                }
                let mut search = Search { tree: self, pending: Vec::new(), globs: &mut BTreeSet::new() };
                let target = search.path(id, &import.path);
                let module = target.module.map(|module| (module, "*".to_owned()));
                module.or(target.item).into_iter().for_each(|item| add(id, item));
            }
        }
        uses
    }

    /// The module that a scope is, or is in.
    fn module_of(&self, mut scope: usize) -> usize {
        while self.scopes[scope].is_block {
            scope = self.scopes[scope].parent.expect("a block is in a module");
        }
        scope
    }

    fn root_of(&self, mut scope: usize) -> usize {
        while let Some(parent) = self.scopes[scope].parent {
            scope = parent;
        }
        scope
    }

    fn is_inside(&self, scope: usize, of: usize) -> bool {
        scope == of || self.scopes[scope].parent.is_some_and(|parent| self.is_inside(parent, of))
    }
}

/// The search for what one path names.
struct Search<'a, 'b> {
    tree: &'a Tree<'b>,
    /// Names whose search has begun: `use` items can refer to each other in a circle.
    pending: Vec<(usize, String)>,
    /// The globs that gave a name, each by its scope and its index there.
    globs: &'a mut BTreeSet<(usize, usize)>,
}

impl Search<'_, '_> {
    fn path(&mut self, scope: usize, path: &[String]) -> Target {
        let mut module = self.tree.module_of(scope);
        let mut rest = path;
        let mut target = Target::default();
        while let [first, others @ ..] = rest {
            module = match first.as_str() {
                "crate" => self.tree.root_of(scope),
                "self" => module,
                "super" => {
                    self.tree.scopes[module].parent.map_or(module, |parent| self.tree.module_of(parent))
                }
                _ => break,
            };
            (rest, target) = (others, Target { module: Some(module), item: None });
        }
        if rest.len() == path.len() {
            let Some((first, others)) = path.split_first() else { return target };
            (rest, target) = (others, self.in_scope(scope, first));
        }
        for name in rest {
            let Some(module) = target.module else {
                // An associated name, a variant, or a name of another crate.
                break;
            };
            // A name that is not found was made by a macro.
            let by_macro = || Target { module: None, item: Some((module, name.clone())) };
            target = self.member(module, name, scope).unwrap_or_else(by_macro);
        }
        target
    }

    /// A name that stands alone or at the start of a path.
    fn in_scope(&mut self, scope: usize, name: &str) -> Target {
        let mut next = Some(scope);
        while let Some(id) = next {
            if let Some(found) = self.member(id, name, scope) {
                return found;
            }
            next = self.tree.scopes[id].parent.filter(|_| self.tree.scopes[id].is_block);
        }
        let found = self.tree.crates.iter().find(|(known, _)| known == name);
        Target { module: found.map(|(_, root)| *root), item: None }
    }

    /// A name of a module, as another scope sees it; nothing if the module has no such name.
    fn member(&mut self, id: usize, name: &str, seen_from: usize) -> Option<Target> {
        let scope = &self.tree.scopes[id];
        let item = scope.items.contains(name).then(|| (id, name.to_owned()));
        let defined = Target { module: scope.modules.get(name).copied(), item };
        let mut found = Some(defined).filter(|target| target.module.is_some() || target.item.is_some());
        let key = (id, name.to_owned());
        if self.pending.contains(&key) {
            return found;
        }
        self.pending.push(key);
        let is_inside = self.tree.is_inside(seen_from, id);
        for import in scope.imports.iter().filter(|import| import.name == name) {
            if import.is_public || is_inside {
                let (known, target) = (found.unwrap_or_default(), self.path(id, &import.path));
                let (module, item) = (known.module.or(target.module), known.item.or(target.item));
                found = Some(Target { module, item });
            }
        }
        let found = found.or_else(|| self.by_glob(id, name, is_inside));
        self.pending.pop();
        found
    }

    fn by_glob(&mut self, id: usize, name: &str, is_inside: bool) -> Option<Target> {
        for (index, import) in self.tree.scopes[id].imports.iter().enumerate() {
            if import.name != "*" || !(import.is_public || is_inside) {
                continue;
            }
            let Some(module) = self.path(id, &import.path).module else { continue };
            if let Some(target) = self.member(module, name, id) {
                self.globs.insert((id, index));
                return Some(target);
            }
        }
        None
    }
}
