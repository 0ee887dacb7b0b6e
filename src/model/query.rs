//! Search expressions.

use std::{borrow::Cow, fmt};

/// A search expression in the service's keyword language.
///
/// An expression in this language converts to a query: `"error AND timeout".into()`. An empty one finds every line.
/// [`Query::phrase`], [`Query::prefix`] and [`Query::field`] take any text, a user's input for example, and none of its
/// characters is an operator or a wildcard.
///
/// The service cuts lines into words at delimiters, which are spaces and most punctuation. It compares whole words, by
/// default whatever their case.
///
/// ```
/// use huaweicloud_lts::logs::Query;
///
/// let query = Query::phrase("not found").and(Query::field("app", "shop")).and(Query::not("GET OR HEAD"));
/// assert_eq!(query.to_string(), r##"#"not found" AND app:shop AND NOT (GET OR HEAD)"##);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Query {
    text: String,
    form: Form,
}

/// The outermost operator, which decides about parentheses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Form {
    /// Text of the caller: any operator.
    #[default]
    Any,
    /// No operator.
    Term,
    Not,
    And,
    Or,
}

/// What separates words by default.
pub const DELIMITERS: &[char] = &[
    ' ', ',', '\'', '"', ';', '=', '(', ')', '[', ']', '{', '}', '@', '&', '<', '>', '/', ':', '\\', '?',
    '\n', '\t', '\r',
];

impl Query {
    /// Lines with the words of `text` in a row, whatever delimiters are between them. The service refuses a text
    /// without a word.
    ///
    /// ```
    /// use huaweicloud_lts::logs::Query;
    ///
    /// assert_eq!(Query::phrase(r#"said "not found""#).to_string(), r##"#"said  not found ""##);
    /// assert_eq!(Query::phrase("error").to_string(), "error");
    /// ```
    pub fn phrase(text: &str) -> Self {
        Self::term(phrase(text))
    }

    /// Lines with a word that begins with `text`. Of several words in it, the last is the beginning, and the lines have
    /// the others, too.
    ///
    /// ```
    /// use huaweicloud_lts::logs::Query;
    ///
    /// assert_eq!(Query::prefix("2026-11").to_string(), "2026-11*");
    /// assert_eq!(Query::prefix("var/lo").to_string(), "var AND lo*");
    /// ```
    pub fn prefix(text: &str) -> Self {
        let mut words: Vec<_> = text.split(DELIMITERS).filter(|word| !word.is_empty()).collect();
        let beginning = words.pop().unwrap_or_default();
        let words = words.into_iter().map(Self::phrase);
        let prefix = Self::term(format!("{}*", escaped(beginning, &['*', '|'])));
        words.chain([prefix]).reduce(Self::and).unwrap_or_default()
    }

    /// Lines whose label `name` has the words of `value` in a row, or is empty if `value` is.
    ///
    /// ```
    /// use huaweicloud_lts::logs::Query;
    ///
    /// assert_eq!(Query::field("level", "error").to_string(), "level:error");
    /// assert_eq!(Query::field("app name", "my shop").to_string(), r##""app name":#"my shop""##);
    /// assert_eq!(Query::field("user", "").to_string(), r#"user:"""#);
    /// ```
    pub fn field(name: &str, value: &str) -> Self {
        let name = if is_plain(name) {
            Cow::Borrowed(name)
        } else {
            format!("\"{}\"", escaped(name, &['"', '\\'])).into()
        };
        let value = if value.is_empty() { "\"\"".to_owned() } else { phrase(value) };
        Self::term(format!("{name}:{value}"))
    }

    /// Lines that this query and another one find.
    ///
    /// ```
    /// use huaweicloud_lts::logs::Query;
    ///
    /// assert_eq!(Query::phrase("error").and("GET OR POST").to_string(), "error AND (GET OR POST)");
    /// ```
    #[must_use]
    pub fn and(self, other: impl Into<Self>) -> Self {
        let other = other.into();
        if self.finds_all() {
            return other;
        }
        if other.finds_all() {
            return self;
        }
        let parentheses = [Form::Any, Form::Or];
        Self {
            text: format!("{} AND {}", self.inner(&parentheses), other.inner(&parentheses)),
            form: Form::And,
        }
    }

    /// Lines that this query or another one finds.
    ///
    /// ```
    /// use huaweicloud_lts::logs::Query;
    ///
    /// assert_eq!(Query::phrase("time out").or("timeout").to_string(), r##"#"time out" OR timeout"##);
    /// ```
    #[must_use]
    pub fn or(self, other: impl Into<Self>) -> Self {
        let other = other.into();
        if self.finds_all() || other.finds_all() {
            return Self::default();
        }
        let parentheses = [Form::Any];
        Self {
            text: format!("{} OR {}", self.inner(&parentheses), other.inner(&parentheses)),
            form: Form::Or,
        }
    }

    /// Lines that a query doesn't find. The service refuses the opposite of an empty query.
    ///
    /// ```
    /// use huaweicloud_lts::logs::Query;
    ///
    /// assert_eq!(Query::not("health").to_string(), "NOT health");
    /// ```
    pub fn not(query: impl Into<Self>) -> Self {
        let parentheses = [Form::Any, Form::Not, Form::And, Form::Or];
        Self { text: format!("NOT {}", query.into().inner(&parentheses)), form: Form::Not }
    }

    /// The expression.
    ///
    /// ```
    /// use huaweicloud_lts::logs::Query;
    ///
    /// assert_eq!(Query::from("error AND timeout").as_str(), "error AND timeout");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn term(text: String) -> Self {
        Self { text, form: Form::Term }
    }

    fn finds_all(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The expression as part of another one, in parentheses if it has one of these forms.
    fn inner(&self, parentheses: &[Form]) -> Cow<'_, str> {
        if parentheses.contains(&self.form) {
            format!("({})", self.text).into()
        } else {
            Cow::Borrowed(&self.text)
        }
    }
}

/// The words of a text in a row.
fn phrase(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        // Both are delimiters. Written as spaces they can't be taken for the end of the phrase.
        format!("#\"{}\"", text.replace(['"', '\\'], " "))
    }
}

/// Whether a text is one word without a meaning in the language.
fn is_plain(text: &str) -> bool {
    let is_operator = ["and", "or", "not", "in"].iter().any(|operator| text.eq_ignore_ascii_case(operator));
    let is_plain = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
    !text.is_empty() && !is_operator && text.chars().all(is_plain)
}

/// A text with a backslash before each of these characters.
fn escaped(text: &str, special: &[char]) -> String {
    let escape = |character| special.contains(&character).then_some('\\').into_iter().chain([character]);
    text.chars().flat_map(escape).collect()
}

/// An expression in the service's language.
impl From<&str> for Query {
    fn from(expression: &str) -> Self {
        Self::from(expression.to_owned())
    }
}

/// An expression in the service's language.
impl From<String> for Query {
    fn from(expression: String) -> Self {
        let form = if is_plain(&expression) { Form::Term } else { Form::Any };
        Self { text: expression, form }
    }
}

/// The expression.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
