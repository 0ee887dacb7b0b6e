//! Suggestions for misspelled names.

/// Minimum similarity of a suggestion, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.7;

/// `; did you mean "…"?` with the most similar of the known names, or nothing if none is similar.
pub(super) fn suggest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    // The comparison takes time proportional to the product of both lengths.
    let name: String = name.chars().take(100).collect();
    let rated = known.map(|known| (strsim::jaro_winkler(&name, known), known));
    let similar = rated.filter(|(similarity, _)| *similarity >= MIN_SIMILARITY);
    let best = similar.max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, known)| format!("; did you mean {known:?}?")).unwrap_or_default()
}
