//! What the targets share: inputs are messages as text, much as HTTP has them, so that a corpus can be read and
//! written by hand.

/// A first line, headers and a body.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The first line.
    pub first: &'a str,
    headers: &'a str,
    /// What stands behind the first empty line.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Takes a message apart; only its body may be something else than UTF-8.
    pub fn read(input: &'a [u8]) -> Option<Self> {
        let end = input.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = end.map_or((input, &[][..]), |end| (&input[..end], &input[end + 2..]));
        let head = str::from_utf8(head).ok()?;
        let (first, headers) = head.split_once('\n').unwrap_or((head, ""));
        Some(Self { first, headers, body })
    }

    /// The headers: name and value. A line without a colon is none.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.headers.split('\n').filter_map(|line| line.split_once(':'))
    }
}

/// The messages of a conversation, between lines of `%%`.
pub fn messages(input: &[u8]) -> impl Iterator<Item = Message<'_>> {
    const LINE: &[u8] = b"\n%%\n";
    let mut rest = Some(input);
    std::iter::from_fn(move || {
        let all = rest?;
        let end = all.windows(LINE.len()).position(|window| window == LINE);
        rest = end.map(|end| &all[end + LINE.len()..]);
        Some(&all[..end.unwrap_or(all.len())])
    })
    .filter_map(Message::read)
}

/// What a server gets of a header's value.
pub fn on_the_wire(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}
