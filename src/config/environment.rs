//! Settings from environment variables: the official SDKs' names, and ours where those have none.

use std::collections::BTreeMap;

use crate::{
    auth::{AkSk, Credentials, Login},
    error::{ConfigurationError, Error},
};

/// What all variables start with.
const PREFIX: &str = "HUAWEICLOUD_";

/// The variables that concern us, as they were when it was made. An empty value counts as none.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect()
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    pub(super) fn region(&self) -> Option<String> {
        self.get("HUAWEICLOUD_LTS_REGION")
    }

    pub(super) fn cloud(&self) -> Option<String> {
        self.get("HUAWEICLOUD_LTS_CLOUD")
    }

    pub(super) fn project_id(&self) -> Option<String> {
        self.get("HUAWEICLOUD_SDK_PROJECT_ID")
    }

    pub(super) fn iam_endpoint(&self) -> Option<String> {
        self.get("HUAWEICLOUD_SDK_IAM_ENDPOINT")
    }

    /// Our own variable for the endpoint of LTS.
    pub(super) fn lts_endpoint(&self) -> Option<String> {
        self.get("HUAWEICLOUD_LTS_ENDPOINT")
    }

    /// The official variable for the endpoint of LTS in a region.
    pub(super) fn lts_endpoint_of(&self, region: &str) -> Option<String> {
        self.get(&format!("HUAWEICLOUD_SDK_REGION_LTS_{}", region.to_uppercase().replace('-', "_")))
    }

    /// The first credential that is complete: key pair, token, login. `asked` says whether the environment was
    /// to be looked at.
    pub(super) fn credentials(&self, asked: bool) -> Result<Credentials, ConfigurationError> {
        let keys = || {
            let keys = AkSk::new(self.get("HUAWEICLOUD_SDK_AK")?, self.get("HUAWEICLOUD_SDK_SK")?);
            let token = self.get("HUAWEICLOUD_SDK_SECURITY_TOKEN");
            Some(token.map_or(keys.clone(), |token| keys.security_token(token)).into())
        };
        let token = || Some(Credentials::token(self.get("HUAWEICLOUD_LTS_TOKEN")?));
        let login = || {
            let user = self.get("HUAWEICLOUD_LTS_USERNAME")?;
            let password = self.get("HUAWEICLOUD_LTS_PASSWORD")?;
            Some(Login::new(user, password, self.get("HUAWEICLOUD_LTS_DOMAIN_NAME")?).into())
        };
        keys().or_else(token).or_else(login).ok_or_else(|| {
            let looked = [
                &["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"][..],
                &["HUAWEICLOUD_LTS_TOKEN"],
                &["HUAWEICLOUD_LTS_USERNAME", "HUAWEICLOUD_LTS_PASSWORD", "HUAWEICLOUD_LTS_DOMAIN_NAME"],
            ]
            .map(|names| self.describe(names))
            .join("; ");
            let message = if asked { format!("none found: {looked}") } else { "are not set".to_owned() };
            ConfigurationError::new("credentials", message)
        })
    }

    /// Which variables of a group are set, by their names only.
    fn describe(&self, names: &[&str]) -> String {
        let (set, unset): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| self.0.contains_key(**name));
        match set.as_slice() {
            [] => format!("{} not set", unset.join(", ")),
            set => format!("{} set, but {} not set", set.join(", "), unset.join(", ")),
        }
    }
}

impl Credentials {
    /// What the environment holds: a key pair, else a token, else a login
    /// ([`ClientBuilder::or_env`](crate::ClientBuilder::or_env) lists the variables).
    ///
    /// # Errors
    /// [`Error::Configuration`] if none of them is complete; it says what was looked for.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Environment::of_process().credentials(true)?)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let ours =
            variables.into_iter().filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty());
        Self(ours.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn keys_go_before_token_before_login() {
        let mut variables = vec![
            ("HUAWEICLOUD_LTS_USERNAME", "u"),
            ("HUAWEICLOUD_LTS_PASSWORD", "p"),
            ("HUAWEICLOUD_LTS_DOMAIN_NAME", "d"),
        ];
        let found = |variables: &[_]| environment(variables).credentials(true).unwrap();
        assert_eq!(found(&variables), Login::new("u", "p", "d").into());
        variables.push(("HUAWEICLOUD_LTS_TOKEN", "t"));
        assert_eq!(found(&variables), Credentials::token("t"));
        variables.push(("HUAWEICLOUD_SDK_AK", "ak"));
        assert_eq!(found(&variables), Credentials::token("t"));
        variables.push(("HUAWEICLOUD_SDK_SK", "sk"));
        assert_eq!(found(&variables), AkSk::new("ak", "sk").into());
        variables.push(("HUAWEICLOUD_SDK_SECURITY_TOKEN", "st"));
        assert_eq!(found(&variables), AkSk::new("ak", "sk").security_token("st").into());
    }

    #[test]
    fn without_credentials_the_error_says_what_was_looked_for() {
        let found = environment(&[("HUAWEICLOUD_SDK_AK", "the-key"), ("HUAWEICLOUD_SDK_SK", "")]);
        let error = found.credentials(true).unwrap_err().to_string();
        assert!(error.contains("HUAWEICLOUD_SDK_AK set, but HUAWEICLOUD_SDK_SK not set"), "{error}");
        assert!(error.contains("HUAWEICLOUD_LTS_TOKEN not set") && !error.contains("the-key"), "{error}");
    }

    #[test]
    fn the_official_variable_of_a_region_has_its_own_spelling() {
        let found = environment(&[("HUAWEICLOUD_SDK_REGION_LTS_CN_NORTH_4", "https://x")]);
        assert_eq!(found.lts_endpoint_of("cn-north-4").as_deref(), Some("https://x"));
    }
}
