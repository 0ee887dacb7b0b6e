//! The form of a batch in a data file.
//!
//! All numbers are varints (LEB128). First the label sets: how many; for each how many pairs, and their texts, each after
//! its length. Then the lines: how many; for each the distance of its number from the one before, the position of its
//! labels, and the length of its content. Then all contents.

use super::{
    batch::{LogBatch, NumberedBatch},
    labels::Labels,
};

/// Encodes a batch.
pub(in crate::emulator::store) fn encode(batch: &NumberedBatch) -> Vec<u8> {
    let mut out = Vec::with_capacity(batch.bytes() + 8 * (batch.len() + batch.labels().len()));
    write_number(&mut out, batch.labels().len() as u64);
    for labels in batch.labels() {
        write_number(&mut out, labels.len() as u64);
        for text in labels.iter().flat_map(|(name, value)| [name, value]) {
            write_number(&mut out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
    }
    write_number(&mut out, batch.len() as u64);
    let mut before = 0;
    for line in batch.lines() {
        write_number(&mut out, line.number - before);
        write_number(&mut out, line.labels as u64);
        write_number(&mut out, line.content.len() as u64);
        before = line.number;
    }
    batch.lines().for_each(|line| out.extend_from_slice(line.content.as_bytes()));
    out
}

/// Decodes a batch; `None` if the bytes are no batch.
pub(in crate::emulator::store) fn decode(mut bytes: &[u8]) -> Option<NumberedBatch> {
    let input = &mut bytes;
    let mut batch = LogBatch::default();
    let mut sets = Vec::new();
    for _ in 0..read_number(input)? {
        let mut pairs = Vec::new();
        for _ in 0..read_number(input)? {
            pairs.push((read_text(input)?, read_text(input)?));
        }
        sets.push(batch.add_labels(pairs.into_iter().collect::<Labels>()));
    }
    let mut lines = Vec::new();
    let mut number = 0_u64;
    for i in 0..read_number(input)? {
        let distance = read_number(input)?;
        if i > 0 && distance == 0 {
            return None;
        }
        number = number.checked_add(distance)?;
        let labels = *sets.get(usize::try_from(read_number(input)?).ok()?)?;
        lines.push((number, labels, usize::try_from(read_number(input)?).ok()?));
    }
    let mut text = str::from_utf8(input).ok()?;
    for (number, labels, length) in lines {
        let (content, rest) = text.split_at_checked(length)?;
        batch.push(number, content, labels);
        text = rest;
    }
    // The numbers are the lines' own already.
    text.is_empty().then(|| batch.numbered(|number| number))
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_number(input: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, rest) = input.split_first()?;
        *input = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn read_text<'a>(input: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(read_number(input)?).ok()?;
    let (text, rest) = input.split_at_checked(length)?;
    *input = rest;
    str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    type Line = (u64, String, Labels);

    fn lines(batch: &NumberedBatch) -> Vec<Line> {
        let line = |i| {
            let line = batch.line(i);
            (line.number, line.content.to_owned(), Labels::clone(&batch.labels()[line.labels]))
        };
        (0..batch.len()).map(line).collect()
    }

    proptest! {
        #[test]
        fn decoded_batch_is_the_encoded_one(
            items in vec((vec(("[a-c]", ".*"), 0..4), vec((0..u64::MAX / 2, ".*"), 0..8)), 0..4),
        ) {
            let mut batch = LogBatch::default();
            let mut expected: Vec<Line> = Vec::new();
            let mut taken = std::collections::BTreeSet::new();
            for (pairs, contents) in items {
                let labels: Labels = pairs.into_iter().collect();
                let set = batch.add_labels(labels.clone());
                for (number, content) in contents.into_iter().filter(|(number, _)| taken.insert(*number)) {
                    batch.push(number, &content, set);
                    expected.push((number, content, labels.clone()));
                }
            }
            expected.sort_by_key(|line| line.0);
            let batch = batch.numbered(|number| number);
            let encoded = encode(&batch);
            prop_assert_eq!(lines(&decode(&encoded).unwrap()), expected);
            for end in 0..encoded.len() {
                prop_assert!(decode(&encoded[..end]).is_none());
            }
        }

        #[test]
        fn decoder_accepts_arbitrary_bytes(bytes in vec(any::<u8>(), 0..64)) {
            if let Some(batch) = decode(&bytes) {
                lines(&batch);
            }
        }
    }

    #[test]
    fn encoding_adds_a_few_bytes_per_line() {
        let mut batch = LogBatch::default();
        let labels = batch.add_labels([("app", "shop")].into_iter().collect());
        (0..1000)
            .for_each(|i| batch.push(1_700_000_000_000_000_000 + i * 1_000_000, &"x".repeat(100), labels));
        let encoded = encode(&batch.numbered(|number| number));
        assert!(encoded.len() < 100_000 + 6_000, "{}", encoded.len());
    }
}
