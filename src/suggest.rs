//! Suggestions for misspelled names. Hidden, since only this crate and its binary use it.

/// Minimum similarity of a suggestion, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.7;

/// `did you mean "one" or "two"?` with up to `max` of the known names that are similar to `name`, the most similar one
/// first. Nothing if none is similar.
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>, max: usize) -> Option<String> {
    let names: Vec<_> = similar(name, known).iter().take(max).map(|name| format!("{name:?}")).collect();
    let (last, others) = names.split_last()?;
    Some(match others {
        [] => format!("did you mean {last}?"),
        others => format!("did you mean {} or {last}?", others.join(", ")),
    })
}

fn similar<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    // The comparison takes time proportional to the product of both lengths.
    let name = name.chars().take(100).collect::<String>().to_lowercase();
    let similarity = |known: &str| strsim::jaro_winkler(&name, &known.to_lowercase());
    let rated = known.into_iter().map(|known| (similarity(known), known));
    let mut similar: Vec<_> = rated.filter(|(similarity, _)| *similarity >= MIN_SIMILARITY).collect();
    similar.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Several resources may have a name.
    similar.dedup_by(|a, b| a.1 == b.1);
    similar.into_iter().map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_similar_names_come_first_and_others_are_left_out() {
        let known = ["nginx", "payments-us", "payments-eu", "payments"];
        let suggested = |max| did_you_mean("payments-e", known, max);
        assert_eq!(suggested(1).unwrap(), r#"did you mean "payments-eu"?"#);
        assert_eq!(suggested(2).unwrap(), r#"did you mean "payments-eu" or "payments"?"#);
        assert_eq!(suggested(9).unwrap(), r#"did you mean "payments-eu", "payments" or "payments-us"?"#);
        assert_eq!(did_you_mean("worker", known, 9), None);
    }
}
