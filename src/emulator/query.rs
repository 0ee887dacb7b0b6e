//! Parameters of the query, checked by the operation's rules.

use http::Uri;
use percent_encoding::percent_decode_str;

use super::refusals::{INVALID_BODY, Refusal};
use crate::spec::{Location, Parameter};

/// The pairs of a query, decoded. A `+` is a plus, as in a signature.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of a request.
    pub(super) fn of(uri: &Uri) -> Self {
        let decode = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(key), decode(value))
                })
                .collect(),
        )
    }

    /// The first value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether all declared parameters are as an operation declares them. Others are ignored.
    pub(super) fn check(&self, declared: &[Parameter]) -> Result<(), Refusal> {
        let mut declared = declared.iter().filter(|parameter| parameter.location == Location::Query);
        let legal = |parameter: &Parameter| match self.get(parameter.name) {
            Some(value) => parameter.rule.allows(value),
            None => !parameter.required,
        };
        match declared.all(legal) {
            true => Ok(()),
            false => Err(Refusal::code(INVALID_BODY)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{IntegerRule, ValueRule};

    fn query(uri: &str) -> Query {
        Query::of(&uri.parse().unwrap())
    }

    #[test]
    fn pairs_are_decoded_and_the_first_of_a_name_counts() {
        let query = query("/v3/projects?&name=cn+north%2D4&flag&name=x&=y");
        assert_eq!(query.get("name"), Some("cn+north-4"));
        assert_eq!(query.get("flag"), Some(""));
        assert_eq!(query.get("other"), None);
        assert_eq!(super::Query::of(&Uri::from_static("/")).get(""), None);
    }

    #[test]
    fn declared_parameters_must_keep_their_rules() {
        let parameter = |name, required, rule| Parameter { name, location: Location::Query, required, rule };
        let declared = [
            parameter("id", true, ValueRule::OneOf(&["a", "b"])),
            parameter("limit", false, ValueRule::Integer(IntegerRule { min: 1, max: 100 })),
            Parameter { location: Location::Header, ..parameter("other", true, ValueRule::Boolean) },
        ];
        for (uri, is_legal) in [
            ("/?id=a", true),
            ("/?id=b&limit=100&unknown=%FF", true),
            ("/?id=c", false),
            ("/?limit=1", false),
            ("/?id=a&limit=0", false),
            ("/?id=a&limit=", false),
        ] {
            let expected = if is_legal { Ok(()) } else { Err(Refusal::code(INVALID_BODY)) };
            assert_eq!(query(uri).check(&declared), expected, "{uri}");
        }
    }
}
