//! What the client's query builder writes means what it says.

use proptest::{collection::vec, prelude::*};

use super::{
    super::{
        naive,
        parser::parse,
        syntax::{Condition, Expression, Part, Subject, Word},
    },
    strategies::text,
};
use crate::model::Query;

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![3 => text(), 1 => any::<String>(), 1 => "[ -~]{0,8}"]
}

/// The words of a text in a row.
fn phrase(subject: Subject, text: &str) -> Option<Expression> {
    let mut words = naive::words(text);
    let condition = match words.len() {
        0 => return None,
        1 => Condition::Word(subject, Word::Exact(words.remove(0))),
        _ => Condition::Phrase(subject, words),
    };
    Some(Expression::Condition(condition))
}

/// A query of the builder, and its meaning.
fn query() -> impl Strategy<Value = (Query, Expression)> {
    let phrase = any_text()
        .prop_filter_map("no word", |text| Some((Query::phrase(&text), phrase(Subject::Content, &text)?)));
    let raw = Just("a OR b c").prop_map(|text| (Query::from(text), parse(text).unwrap().unwrap()));
    prop_oneof![3 => phrase, 1 => raw].prop_recursive(5, 12, 3, |item| {
        let items = || vec(item.clone(), 2..4);
        let joined = |items: Vec<_>, join: fn(Query, Query) -> Query, joined: fn(Vec<_>) -> Option<_>| {
            let (queries, expressions): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            (queries.into_iter().reduce(join).unwrap(), joined(expressions).unwrap())
        };
        prop_oneof![
            items().prop_map(move |items| joined(items, Query::and, Expression::all)),
            items().prop_map(move |items| joined(items, Query::or, Expression::any)),
            item.clone().prop_map(|(query, item)| (Query::not(query), Expression::Not(Box::new(item)))),
        ]
    })
}

#[test]
fn empty_queries_find_every_line() {
    let all = Query::default();
    assert_eq!(parse(all.as_str()), Ok(None));
    assert_eq!(all.clone().and("a").and(" ").as_str(), "a");
    assert_eq!(Query::from("a").or(all.clone()), all);
    for refused in [Query::phrase(""), Query::phrase("/"), Query::prefix("/"), Query::not(all)] {
        assert!(parse(refused.as_str()).is_err(), "{refused}");
    }
}

proptest! {
    #[test]
    fn phrases_have_the_words_of_their_text(text in any_text()) {
        let query = Query::phrase(&text);
        prop_assert_eq!(parse(query.as_str()).ok().flatten(), phrase(Subject::Content, &text), "{}", query);
    }

    #[test]
    fn fields_have_the_words_of_their_value(name in any_text(), value in any_text()) {
        let subject = Subject::of(name.clone());
        let expected = match value.as_str() {
            _ if name.is_empty() => None,
            "" => Some(Expression::Condition(Condition::Empty(subject))),
            value => phrase(subject, value),
        };
        let query = Query::field(&name, &value);
        prop_assert_eq!(parse(query.as_str()).ok().flatten(), expected, "{}", query);
    }

    #[test]
    fn prefixes_end_in_the_beginning_of_a_word(text in any_text()) {
        let mut words = naive::words(&text);
        let beginning = words.pop();
        let condition = |word| Expression::Condition(Condition::Word(Subject::Content, word));
        let expected = beginning.and_then(|beginning| {
            let parts = beginning.chars().map(Part::Character).chain([Part::AnyMany]);
            let words = words.into_iter().map(Word::Exact).chain([Word::new(parts)]);
            Expression::all(words.map(condition).collect())
        });
        let query = Query::prefix(&text);
        prop_assert_eq!(parse(query.as_str()).ok().flatten(), expected, "{}", query);
    }

    #[test]
    fn operators_bind_as_they_were_called((query, expected) in query()) {
        prop_assert_eq!(parse(query.as_str()), Ok(Some(expected)), "{}", query);
    }
}
