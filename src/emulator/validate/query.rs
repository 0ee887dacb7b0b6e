//! Validation of query parameters by the operation's rules.

use crate::{
    emulator::{
        errors::{ApiError, INVALID_BODY},
        wire::request::Query,
    },
    spec::{Location, Parameter},
};

/// Checks the declared query parameters by their rules. Other parameters are ignored.
pub(crate) fn check(query: &Query, declared: &[Parameter]) -> Result<(), ApiError> {
    let declared = declared.iter().filter(|parameter| parameter.location == Location::Query);
    for parameter in declared {
        match (query.get(parameter.name), parameter.code) {
            (Some(value), _) if parameter.rule.allows(value) => {}
            (None, _) if !parameter.required => {}
            (Some(_), Some((code, _))) => return Err(ApiError::code(code)),
            _ => return Err(ApiError::code(INVALID_BODY)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{IntegerRule, ValueRule};

    fn query(uri: &str) -> Query {
        Query::of(&uri.parse().unwrap())
    }

    #[test]
    fn declared_parameters_must_follow_their_rules() {
        let parameter =
            |name, required, rule| Parameter { name, location: Location::Query, required, rule, code: None };
        let declared = [
            parameter("id", true, ValueRule::OneOf(&["a", "b"])),
            parameter("limit", false, ValueRule::Integer(IntegerRule { min: 1, max: 100 })),
            Parameter { location: Location::Header, ..parameter("other", true, ValueRule::Boolean) },
        ];
        for (uri, is_valid) in [
            ("/?id=a", true),
            ("/?id=b&limit=100&unknown=%FF", true),
            ("/?id=c", false),
            ("/?limit=1", false),
            ("/?id=a&limit=0", false),
            ("/?id=a&limit=", false),
        ] {
            let expected = if is_valid { Ok(()) } else { Err(ApiError::code(INVALID_BODY)) };
            assert_eq!(check(&query(uri), &declared), expected, "{uri}");
        }
    }
}
