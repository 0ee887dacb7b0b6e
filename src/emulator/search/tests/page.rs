//! The table of queries in docs/logs.md.

use super::super::Query;

const PAGE: &str = include_str!("../../../../docs/logs.md");

/// The texts in backquotes of a cell.
fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(|text| text.replace("\\|", "|")).collect()
}

/// The cells of a row. `\|` is a bar within a cell.
fn cells(row: &str) -> Vec<&str> {
    let row = row.trim_start_matches("| ").trim_end_matches(" |");
    row.split(" | ").collect()
}

/// Whether a query finds a line: its content and its labels, which are written `name=value`.
fn finds(query: &str, line: &[String]) -> bool {
    let labels = line[1..].iter().map(|label| label.split_once('=').unwrap());
    let labels: Vec<_> = labels.collect();
    Query::parse(query).unwrap().matches(&line[0], labels.as_slice())
}

#[test]
fn delimiters_of_the_page_are_those_that_separate_words() {
    let list = PAGE.split_once("cut into words at spaces and at `").unwrap().1.split('`').next().unwrap();
    let listed: Vec<&str> = list.split(' ').collect();
    for delimiter in ('!'..='~').filter(char::is_ascii_punctuation) {
        let separates = finds("b", &[format!("a{delimiter}b")]);
        assert_eq!(listed.contains(&&*delimiter.to_string()), separates, "{delimiter}");
    }
}

#[test]
fn each_query_of_the_page_finds_its_example() {
    let section = PAGE.split_once("\n## Queries\n").unwrap().1.split("\n## ").next().unwrap();
    let rows: Vec<_> = section.lines().filter(|line| line.starts_with("| `")).map(cells).collect();
    assert!(rows.len() > 15, "{rows:?}");
    for row in rows {
        let [queries, _, found, not_found] = row[..] else { panic!("{row:?}") };
        for query in code(queries) {
            assert!(finds(&query, &code(found)), "{query} in {found}");
            assert!(!finds(&query, &code(not_found)), "{query} in {not_found}");
        }
    }
}
