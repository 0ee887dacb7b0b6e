//! Random ids and tokens, in the formats of the service.

use jiff::Timestamp;

use crate::auth::signing::canonical::hex;

/// The id of a log group, log stream or transfer: 8-4-4-4-12 hexadecimal digits, like a UUID of version 4.
///
/// It starts with the time in milliseconds, so new ids are appended to the database index instead of inserted anywhere.
/// Creating a group stays fast with a million of them, and a data file has few pages to write.
pub(super) fn resource_id() -> String {
    let mut bytes = fastrand::u128(..).to_be_bytes();
    let now = Timestamp::now().as_millisecond().to_be_bytes();
    bytes[..6].copy_from_slice(&now[2..]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut id = hex(&bytes);
    for at in [20, 16, 12, 8] {
        id.insert(at, '-');
    }
    id
}

/// A request id: 32 hexadecimal digits. It must be unique, not secret.
pub(super) fn request_id() -> String {
    hex(&fastrand::u128(..).to_be_bytes())
}

/// An IAM token, from the system's secure random numbers. Real ones have 1,000 to 2,000 characters.
pub(super) fn token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 640];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_of_the_service() {
        let id = resource_id();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert!(id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()));
        assert_eq!(&id[14..15], "4");
        assert_ne!(id, resource_id());
        assert_eq!(request_id().len(), 32);
        assert!((1000..=2000).contains(&token().unwrap().len()));
    }
}
