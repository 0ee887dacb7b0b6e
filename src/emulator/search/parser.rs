//! From the tokens of a query to its meaning.

use super::{
    error::QueryError,
    lexer::{Lexer, Source, Token, is_space},
    syntax::{Bound, Condition, Expression, Number, Part, Subject, Word},
};

/// How long a query may be, in bytes.
const MAX_LENGTH: usize = 32 * 1024;
/// How many conditions and words a query may have.
const MAX_CONDITIONS: usize = 1000;
/// How deep parentheses and `NOT` may be nested.
const MAX_DEPTH: usize = 64;
/// How many characters a word with wildcards may have. Matching takes time proportional to it.
const MAX_PATTERN_LENGTH: usize = 256;

/// Reads a query. Without a word there is no expression.
pub(super) fn parse(text: &str) -> Result<Option<Expression>, QueryError> {
    if text.len() > MAX_LENGTH {
        let offset = (MAX_LENGTH..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        return Err(QueryError::at(text, offset, &format!("the end after at most {MAX_LENGTH} bytes")));
    }
    // The service checks this first.
    find_leading_wildcard(text)?;
    let mut parser = Parser { lexer: Lexer::new(text), token: Token::End, start: 0, conditions: 0, depth: 0 };
    parser.advance()?;
    if parser.token == Token::End {
        return Ok(None);
    }
    let expression = parser.any()?;
    if parser.token != Token::End {
        return Err(parser.expected("an operator or a word"));
    }
    Ok(Some(expression))
}

/// Fails at the first word that begins with a wildcard, whatever else is wrong.
fn find_leading_wildcard(text: &str) -> Result<(), QueryError> {
    let mut lexer = Lexer::new(text);
    let mut is_value = false;
    // What can't be cut into tokens is a mistake of another kind.
    while let Ok((_, token)) = lexer.next(is_value) {
        match token {
            Token::End => break,
            Token::Bare(source) if is_value && source.text == "*" => {}
            // The name of a field.
            Token::Quoted(_) if !is_value && lexer.is_at_relation() => {}
            Token::Bare(source) | Token::Quoted(source) => {
                let words = source.words();
                if let Some((offset, _)) = words.iter().find(|(_, parts)| starts_with_wildcard(parts)) {
                    let error = QueryError::at(text, *offset, "a letter or digit before a wildcard");
                    return Err(QueryError { is_leading_wildcard: true, ..error });
                }
            }
            _ => {}
        }
        is_value = token == Token::Colon;
    }
    Ok(())
}

fn starts_with_wildcard(parts: &[Part]) -> bool {
    matches!(parts.first(), Some(Part::AnyOne | Part::AnyMany))
}

/// A parser by recursive descent, with one token of lookahead.
struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    /// Where the token begins.
    start: usize,
    conditions: usize,
    depth: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<(), QueryError> {
        (self.start, self.token) = self.lexer.next(false)?;
        Ok(())
    }

    fn advance_to_value(&mut self) -> Result<(), QueryError> {
        (self.start, self.token) = self.lexer.next(true)?;
        Ok(())
    }

    /// The error that something else was expected than the token.
    fn expected(&self, expected: &str) -> QueryError {
        self.expected_at(self.start, expected)
    }

    fn expected_at(&self, offset: usize, expected: &str) -> QueryError {
        QueryError::at(self.lexer.text, offset, expected)
    }

    /// Whether the token is an operator of letters.
    fn is_word(&self, word: &str) -> bool {
        matches!(self.token, Token::Bare(source) if source.text.eq_ignore_ascii_case(word))
    }

    fn any(&mut self) -> Result<Expression, QueryError> {
        let mut items = vec![self.all()?];
        while self.token == Token::Or || self.is_word("or") {
            self.advance()?;
            items.push(self.all()?);
        }
        Expression::any(items).ok_or_else(|| self.expected("a word"))
    }

    fn all(&mut self) -> Result<Expression, QueryError> {
        let mut items = vec![self.one()?];
        loop {
            match self.token {
                Token::And => self.advance()?,
                Token::Bare(_) if self.is_word("and") => self.advance()?,
                Token::Bare(_) if self.is_word("or") => break,
                Token::Open | Token::Bare(_) | Token::Quoted(_) | Token::Phrase(_) => {}
                _ => break,
            }
            items.push(self.one()?);
        }
        Expression::all(items).ok_or_else(|| self.expected("a word"))
    }

    fn one(&mut self) -> Result<Expression, QueryError> {
        if self.token == Token::Open {
            let start = self.start;
            self.descend()?;
            self.advance()?;
            let expression = self.any()?;
            if self.token != Token::Close {
                let column = self.lexer.column(start);
                return Err(
                    self.expected(&format!("an operator, a word or `)` for the one at column {column}"))
                );
            }
            self.depth -= 1;
            self.advance()?;
            return Ok(expression);
        }
        if self.is_word("not") {
            self.descend()?;
            self.advance()?;
            let item = self.one()?;
            self.depth -= 1;
            return Ok(Expression::Not(Box::new(item)));
        }
        self.condition()
    }

    fn descend(&mut self) -> Result<(), QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.expected(&format!("at most {MAX_DEPTH} levels of parentheses and NOT")));
        }
        Ok(())
    }

    fn condition(&mut self) -> Result<Expression, QueryError> {
        if ["and", "or"].iter().any(|word| self.is_word(word)) {
            return Err(self.expected("a word or `(`"));
        }
        let (token, start) = (self.token, self.start);
        let name = match token {
            Token::Bare(source) | Token::Quoted(source) => source,
            Token::Phrase(_) => {
                self.advance()?;
                return self.words(&Subject::Content, token, start);
            }
            _ => return Err(self.expected("a word or `(`")),
        };
        self.advance()?;
        match self.token {
            Token::Colon => {
                let field = self.field(token, name, start)?;
                self.advance_to_value()?;
                self.value(&Subject::of(field))
            }
            Token::Comparison(comparison) => {
                let field = self.label(token, name, start)?;
                self.advance_to_value()?;
                let number = self.number()?;
                self.condition_of(Condition::Compare(field, comparison, number), start)
            }
            Token::Bare(source) if source.text == "in" && self.lexer.is_at_range() => {
                let field = self.label(token, name, start)?;
                let (from, to) = self.range()?;
                self.advance()?;
                self.condition_of(Condition::Within(field, from, to), start)
            }
            _ => self.words(&Subject::Content, token, start),
        }
    }

    /// The name of a field.
    fn field(&self, token: Token<'_>, source: Source<'_>, start: usize) -> Result<String, QueryError> {
        let is_bare = matches!(token, Token::Bare(_));
        let has_wildcard = |(_, _, part): &(usize, char, Part)| matches!(part, Part::AnyOne | Part::AnyMany);
        if is_bare && source.parts().iter().any(has_wildcard) {
            return Err(self.expected_at(start, "the name of a field (in quotes if it has a wildcard)"));
        }
        Some(source.unescaped())
            .filter(|name| !name.is_empty())
            .ok_or_else(|| self.expected_at(start, "the name of a field"))
    }

    /// The name of a label whose numbers are compared.
    fn label(&self, token: Token<'_>, source: Source<'_>, start: usize) -> Result<String, QueryError> {
        match Subject::of(self.field(token, source, start)?) {
            Subject::Field(name) => Ok(name),
            Subject::Content => Err(self.expected_at(start, "a label (the content isn't a number)")),
        }
    }

    /// What is behind the colon of a field.
    fn value(&mut self, subject: &Subject) -> Result<Expression, QueryError> {
        let (token, start) = (self.token, self.start);
        let condition = match token {
            Token::Bare(source) if source.text == "*" => Condition::Exists(subject.clone()),
            Token::Quoted(source) | Token::Phrase(source) if source.text.is_empty() => {
                Condition::Empty(subject.clone())
            }
            Token::Bare(_) | Token::Quoted(_) | Token::Phrase(_) => {
                self.advance()?;
                return self.words(subject, token, start);
            }
            _ => return Err(self.expected("a value")),
        };
        self.advance()?;
        self.condition_of(condition, start)
    }

    fn condition_of(&mut self, condition: Condition, start: usize) -> Result<Expression, QueryError> {
        self.count(1, start)?;
        Ok(Expression::Condition(condition))
    }

    fn count(&mut self, conditions: usize, start: usize) -> Result<(), QueryError> {
        self.conditions += conditions;
        if self.conditions > MAX_CONDITIONS {
            return Err(self.expected_at(start, &format!("at most {MAX_CONDITIONS} words and conditions")));
        }
        Ok(())
    }

    /// The condition that the subject has the words of a token, which is behind us: all of them, or as a phrase.
    fn words(&mut self, subject: &Subject, token: Token<'_>, start: usize) -> Result<Expression, QueryError> {
        let (source, is_phrase) = match token {
            Token::Bare(source) | Token::Quoted(source) => (source, false),
            Token::Phrase(source) => (source, true),
            _ => return Err(self.expected_at(start, "a word")),
        };
        let words = source.words();
        self.count(words.len(), start)?;
        if let Some((offset, _)) =
            words.iter().find(|(_, parts)| is_pattern(parts) && parts.len() > MAX_PATTERN_LENGTH)
        {
            let expected = format!("at most {MAX_PATTERN_LENGTH} characters in a word with wildcards");
            return Err(self.expected_at(*offset, &expected));
        }
        let words = words.into_iter().map(|(_, parts)| Word::new(parts));
        let expression = if is_phrase {
            let exact = words.filter_map(|word| match word {
                Word::Exact(word) => Some(word),
                // A phrase has no wildcards.
                Word::Pattern(_) => None,
            });
            phrase(subject, exact.collect())
        } else {
            let word = |word| Expression::Condition(Condition::Word(subject.clone(), word));
            Expression::all(words.map(word).collect())
        };
        expression.ok_or_else(|| self.expected_at(start, "text with a word in it"))
    }

    /// A number, which is the token.
    fn number(&mut self) -> Result<Number, QueryError> {
        let Token::Bare(source) = self.token else { return Err(self.expected("a number")) };
        let number = Number::parse(source.text).ok_or_else(|| self.expected("a number"))?;
        self.advance()?;
        Ok(number)
    }

    /// The range behind the token: two numbers in brackets, round ones where the number itself is left out.
    fn range(&mut self) -> Result<(Bound, Bound), QueryError> {
        let is_open_inclusive = self.bracket(&[('[', true), ('(', false)], "`[` or `(`")?;
        let from = Bound { number: self.bound()?, inclusive: is_open_inclusive };
        let number = self.bound()?;
        let is_close_inclusive = self.bracket(&[(']', true), (')', false)], "`]` or `)`")?;
        Ok((from, Bound { number, inclusive: is_close_inclusive }))
    }

    fn bracket(&mut self, brackets: &[(char, bool)], expected: &str) -> Result<bool, QueryError> {
        self.lexer.skip_spaces();
        let bracket = brackets.iter().find(|(bracket, _)| self.lexer.rest().starts_with(*bracket));
        let (_, is_inclusive) = bracket.ok_or_else(|| self.expected_at(self.lexer.at, expected))?;
        self.lexer.at += 1;
        Ok(*is_inclusive)
    }

    /// A number of a range.
    fn bound(&mut self) -> Result<Number, QueryError> {
        self.lexer.skip_spaces();
        let rest = self.lexer.rest();
        let length = rest.find(|character| is_space(character) || matches!(character, '[' | ']' | '(' | ')'));
        let text = &rest[..length.unwrap_or(rest.len())];
        let number = Number::parse(text).ok_or_else(|| self.expected_at(self.lexer.at, "a number"))?;
        self.lexer.at += text.len();
        Ok(number)
    }
}

fn is_pattern(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::AnyOne | Part::AnyMany))
}

/// A phrase of one word is that word.
fn phrase(subject: &Subject, mut words: Vec<String>) -> Option<Expression> {
    let condition = if words.len() > 1 {
        Condition::Phrase(subject.clone(), words)
    } else {
        Condition::Word(subject.clone(), Word::Exact(words.pop()?))
    };
    Some(Expression::Condition(condition))
}
