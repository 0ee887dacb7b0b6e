//! Loops in the graph of files, and in the graph of the entries of folders.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::Uses;

/// From each node to those that it uses.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// An arrow that is left out of the search for loops, with the reason.
pub(super) type Exception<'a> = (&'a str, &'a str, &'a str);

/// The loops, and the exceptions that are not needed. A loop is a strongly connected component; the names of folders
/// end with a slash.
pub(super) fn mistakes(uses: &Uses, exceptions: &[Exception<'_>]) -> Vec<String> {
    let all = files(uses);
    let mut files = all.clone();
    let mut mistakes = Vec::new();
    for (from, to, _) in exceptions {
        let removed = files.get_mut(*from).is_some_and(|targets| targets.remove(*to));
        if !removed || !is_in_loop(&all, from, to) {
            mistakes.push(format!("{from} -> {to} is an exception, but is in no loop"));
        }
    }
    let entries = entries(&files);
    // A loop of files inside one folder is in both graphs.
    let of_folders = |component: &BTreeSet<String>| component.iter().any(|entry| entry.ends_with('/'));
    let found = components(&files).into_iter().map(|component| (&files, component));
    let found =
        found.chain(components(&entries).into_iter().filter(of_folders).map(|found| (&entries, found)));
    for (graph, component) in found {
        mistakes.push(format!("a loop: {component:?}"));
        mistakes.extend(paths(graph, &component).into_iter().map(|path| format!("  {path}")));
        mistakes.extend(names(uses, graph, &component).into_iter().map(|arrow| format!("    {arrow}")));
    }
    mistakes
}

/// Whether an arrow is in a loop of files, or in one of entries.
fn is_in_loop(files: &Graph, from: &str, to: &str) -> bool {
    let (from_entry, to_entry) = entries_of(from, to);
    reachable(files, to).contains(from) || reachable(&entries(files), &to_entry).contains(&*from_entry)
}

fn files(uses: &Uses) -> Graph {
    uses.iter().map(|(file, targets)| (file.clone(), targets.keys().cloned().collect())).collect()
}

/// The entries of all folders.
fn entries(files: &Graph) -> Graph {
    let mut graph = Graph::new();
    for (from, to) in arrows(files) {
        let (from, to) = entries_of(from, to);
        graph.entry(from).or_default().insert(to);
    }
    graph
}

/// The two entries of the closest folder that holds both files. The name of an entry that is a folder ends with a
/// slash.
fn entries_of(from: &str, to: &str) -> (String, String) {
    let equal = from.split('/').zip(to.split('/')).take_while(|(a, b)| a == b);
    let folder: usize = equal.map(|(name, _)| name.len() + 1).sum();
    let entry = |file: &str| {
        let end = file[folder..].find('/').map_or(file.len(), |length| folder + length + 1);
        file[..end].to_owned()
    };
    (entry(from), entry(to))
}

fn arrows(graph: &Graph) -> impl Iterator<Item = (&str, &str)> {
    graph.iter().flat_map(|(from, targets)| targets.iter().map(move |to| (from.as_str(), to.as_str())))
}

fn arrows_inside<'a>(
    graph: &'a Graph,
    component: &'a BTreeSet<String>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    arrows(graph).filter(|(from, to)| component.contains(*from) && component.contains(*to))
}

/// The strongly connected components of more than one node.
fn components(graph: &Graph) -> BTreeSet<BTreeSet<String>> {
    let reached: BTreeMap<&str, _> =
        graph.keys().map(|node| (node.as_str(), reachable(graph, node))).collect();
    let component = |node: &&str| {
        let leads_back = |other: &&&str| reached.get(**other).is_some_and(|nodes| nodes.contains(*node));
        reached[*node].iter().filter(leads_back).map(|other| (*other).to_owned()).collect::<BTreeSet<_>>()
    };
    reached.keys().map(component).filter(|component| component.len() > 1).collect()
}

/// The nodes that a node leads to. It is one of them only if it is in a loop.
fn reachable<'a>(graph: &'a Graph, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&BTreeSet<String>> = graph.get(from).into_iter().collect();
    while let Some(targets) = open.pop() {
        for target in targets {
            if found.insert(target.as_str()) {
                open.extend(graph.get(target));
            }
        }
    }
    found
}

/// The loops of a component, each as `a.rs -> b.rs -> a.rs`: every arrow with the shortest path back.
fn paths(graph: &Graph, component: &BTreeSet<String>) -> BTreeSet<String> {
    let to_loop = |(from, to)| {
        let mut nodes = shortest_path(graph, to, from);
        let first = (0..nodes.len()).min_by_key(|at| nodes[*at]).unwrap();
        nodes.rotate_left(first);
        nodes.push(nodes[0]);
        nodes.join(" -> ")
    };
    arrows_inside(graph, component).map(to_loop).collect()
}

fn shortest_path<'a>(graph: &'a Graph, from: &'a str, to: &str) -> Vec<&'a str> {
    let mut paths = vec![vec![from]];
    let mut seen = BTreeSet::from([from]);
    while !paths.is_empty() {
        if let Some(at) = paths.iter().position(|path| path.ends_with(&[to])) {
            return paths.swap_remove(at);
        }
        let mut longer = Vec::new();
        for path in paths {
            let targets = graph.get(path[path.len() - 1]).into_iter().flatten();
            for next in targets.filter(|next| seen.insert(next.as_str())) {
                longer.push([&path[..], &[next]].concat());
            }
        }
        paths = longer;
    }
    panic!("{to} is not reachable from {from}");
}

/// The arrows between files that make a component, with the names that are used.
fn names(uses: &Uses, graph: &Graph, component: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for (from, to) in arrows_inside(graph, component) {
        for (file, targets) in uses.iter().filter(|(file, _)| file.starts_with(from)) {
            for (target, names) in targets.iter().filter(|(target, _)| target.starts_with(to)) {
                found.push(format!("{file} -> {target}: {}", comma_separated(names)));
            }
        }
    }
    found
}

pub(super) fn comma_separated(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
