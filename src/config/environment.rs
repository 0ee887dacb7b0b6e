//! Settings from environment variables: those of the official SDKs, and our own for other settings.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use super::{
    setting::{ResolvedSetting, Setting, incomplete},
    text::{flaw, key_flaw},
};
use crate::{
    auth::{AkSk, Credentials, Login, chain::SkippedSource},
    error::{ConfigurationError, ConfigurationProblem},
    secret::Secret,
};

/// The name of this source.
pub(crate) const ENVIRONMENT: &str = "environment";
/// The setting that the credentials' variables belong to.
const CREDENTIALS: &str = "credentials";
/// The prefix of all variables.
const PREFIX: &str = "HUAWEICLOUD_";
/// The path of the profile file.
const FILE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";
/// The path of the profile file below the home directory.
const PROFILE_FILE: [&str; 2] = [".huaweicloud", "credentials"];

const AK: &str = "HUAWEICLOUD_SDK_AK";
const SK: &str = "HUAWEICLOUD_SDK_SK";
const SECURITY_TOKEN: &str = "HUAWEICLOUD_SDK_SECURITY_TOKEN";
const TOKEN: &str = "HUAWEICLOUD_LTS_TOKEN";
const USERNAME: &str = "HUAWEICLOUD_LTS_USERNAME";
const PASSWORD: &str = "HUAWEICLOUD_LTS_PASSWORD";
const DOMAIN_NAME: &str = "HUAWEICLOUD_LTS_DOMAIN_NAME";
/// Variables that are sent in headers.
const KEYS: [&str; 4] = [AK, SK, SECURITY_TOKEN, TOKEN];

/// A snapshot of our variables. Empty values are ignored.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    /// `None` for a value that is not UTF-8.
    variables: BTreeMap<String, Option<Secret>>,
    home: Option<PathBuf>,
    file: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        let all = std::env::vars_os();
        let all = all.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let environment: Self = all.collect();
        Self { home: std::env::home_dir(), ..environment }
    }

    fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// The value of a variable of a setting.
    fn get(&self, name: &str, setting: &'static str) -> Result<Option<&Secret>, ConfigurationError> {
        let Some(value) = self.variables.get(name) else { return Ok(None) };
        let invalid = |why: &str| ConfigurationError::new(setting, format!("{name}: {why}"));
        let value = value.as_ref().ok_or_else(|| invalid("is not UTF-8"))?;
        let flaw = if KEYS.contains(&name) { key_flaw(value.expose()) } else { flaw(value.expose()) };
        flaw.map_or(Ok(Some(value)), |why| Err(invalid(&why)))
    }

    fn find(&self, name: &str, setting: &'static str) -> Result<Option<ResolvedSetting>, ConfigurationError> {
        Ok(self.get(name, setting)?.map(|value| ResolvedSetting::at(value, name)))
    }

    pub(crate) fn setting(&self, setting: Setting) -> Result<Option<ResolvedSetting>, ConfigurationError> {
        self.find(setting.variable(), setting.name())
    }

    /// The endpoint of the ECS metadata service.
    pub(crate) fn metadata_endpoint(&self) -> Result<Option<ResolvedSetting>, ConfigurationError> {
        self.find("HUAWEICLOUD_LTS_METADATA_ENDPOINT", "metadata_endpoint")
    }

    /// The endpoint of LTS: our own variable, otherwise the official one for a region.
    pub(crate) fn lts_endpoint(
        &self,
        region: Option<&str>,
    ) -> Result<Option<ResolvedSetting>, ConfigurationError> {
        if let Some(ours) = self.setting(Setting::Endpoint)? {
            return Ok(Some(ours));
        }
        let Some(region) = region else { return Ok(None) };
        let official = format!("HUAWEICLOUD_SDK_REGION_LTS_{}", region.to_uppercase().replace('-', "_"));
        self.find(&official, Setting::Endpoint.name())
    }

    /// Whether plain http is allowed to hosts other than loopback.
    pub(crate) fn allows_plain_http(&self) -> Result<bool, ConfigurationError> {
        let setting = "allow_plain_http";
        match self.find("HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP", setting)? {
            None => Ok(false),
            Some(found) => found.value.parse().map_err(|_| found.invalid(setting, "must be true or false")),
        }
    }

    /// The path of the profile file, if there is a home directory.
    pub(crate) fn profile_file(&self) -> Option<PathBuf> {
        let below_home = || Some(PROFILE_FILE.iter().fold(self.home.clone()?, |path, part| path.join(part)));
        self.file.clone().or_else(below_home)
    }

    /// The first credential: key pair, token, login. An incomplete one is an error, since what is missing can't come from
    /// another source.
    pub(crate) fn credentials(&self) -> Result<Result<Credentials, SkippedSource>, ConfigurationError> {
        let has_token = self.is_set(SECURITY_TOKEN);
        let keys: &[&str] = if has_token { &[AK, SK, SECURITY_TOKEN] } else { &[AK, SK] };
        let login = [USERNAME, PASSWORD, DOMAIN_NAME];
        let incomplete = |names| incomplete(names, |name| self.is_set(name));
        if let Some(why) = incomplete(keys).or_else(|| incomplete(&login)) {
            let why = format!("{ENVIRONMENT}: {why}");
            return Err(ConfigurationError::of(ConfigurationProblem::Incomplete, CREDENTIALS, why));
        }
        let get = |name| self.get(name, CREDENTIALS).map(|value| value.cloned());
        if let (Some(ak), Some(sk)) = (get(AK)?, get(SK)?) {
            let keys = AkSk::new(ak.expose(), sk);
            let token = get(SECURITY_TOKEN)?;
            return Ok(Ok(token.map_or(keys.clone(), |token| keys.security_token(token)).into()));
        }
        if let Some(token) = get(TOKEN)? {
            return Ok(Ok(Credentials::token(token)));
        }
        if let (Some(user), Some(password), Some(domain)) =
            (get(USERNAME)?, get(PASSWORD)?, get(DOMAIN_NAME)?)
        {
            return Ok(Ok(Login::new(user.expose(), password, domain.expose()).into()));
        }
        let all = [AK, SK, TOKEN].into_iter().chain(login);
        Ok(Err(SkippedSource::new(ENVIRONMENT, format!("{} not set", all.collect::<Vec<_>>().join(", ")))))
    }
}

impl FromIterator<(String, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, OsString)>>(variables: I) -> Self {
        let mut environment = Self::default();
        for (name, value) in variables.into_iter().filter(|(_, value)| !value.is_empty()) {
            if name == "HOME" {
                environment.home = Some(value.into());
            } else if name == FILE {
                environment.file = Some(value.into());
            } else if name.starts_with(PREFIX) {
                environment.variables.insert(name, value.into_string().ok().map(Secret::new));
            }
        }
        environment
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        variables.into_iter().map(|(name, value)| (name, OsString::from(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    const LOGIN: [(&str, &str); 3] = [(USERNAME, "u"), (PASSWORD, "p"), (DOMAIN_NAME, "d")];

    #[test]
    fn keys_take_precedence_over_token_over_login() {
        let mut variables = LOGIN.to_vec();
        let found = |variables: &[_]| environment(variables).credentials().unwrap().unwrap();
        assert_eq!(found(&variables), Login::new("u", "p", "d").into());
        variables.push((TOKEN, "t"));
        assert_eq!(found(&variables), Credentials::token("t"));
        variables.extend([(AK, "ak"), (SK, "sk")]);
        assert_eq!(found(&variables), AkSk::new("ak", "sk").into());
        variables.push((SECURITY_TOKEN, "st"));
        assert_eq!(found(&variables), AkSk::new("ak", "sk").security_token("st").into());
    }

    #[test]
    fn incomplete_credentials_error_names_what_is_missing() {
        for (variables, expected) in [
            (&[(AK, "hidden"), (SK, "")][..], "HUAWEICLOUD_SDK_AK set, but HUAWEICLOUD_SDK_SK not set"),
            (&[(SK, "hidden"), (TOKEN, "hidden")], "HUAWEICLOUD_SDK_SK set, but HUAWEICLOUD_SDK_AK not set"),
            (
                &[(SECURITY_TOKEN, "hidden")],
                "HUAWEICLOUD_SDK_SECURITY_TOKEN set, but HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK not set",
            ),
            (
                &[(USERNAME, "hidden"), (DOMAIN_NAME, "hidden")],
                "HUAWEICLOUD_LTS_USERNAME, HUAWEICLOUD_LTS_DOMAIN_NAME set, but HUAWEICLOUD_LTS_PASSWORD not set",
            ),
        ] {
            let error = environment(variables).credentials().unwrap_err();
            assert_eq!(error.to_string(), format!("credentials: environment: {expected}"));
            assert_eq!(error.problem(), ConfigurationProblem::Incomplete);
        }
    }

    #[test]
    fn missing_credentials_message_lists_the_variables() {
        let why = environment(&[(AK, "")]).credentials().unwrap().unwrap_err().why;
        assert_eq!(why, format!("{AK}, {SK}, {TOKEN}, {USERNAME}, {PASSWORD}, {DOMAIN_NAME} not set"));
    }

    #[test]
    fn malformed_variable_is_named_and_its_value_hidden() {
        for (name, value, why) in [
            (AK, "hidden\n", "contains a line end"),
            (SK, "hidden\u{1b}[2K", "contains the control character U+001B"),
            (SK, " hidden", "starts or ends with a blank"),
            (SECURITY_TOKEN, "h\u{ef}dden", "not ASCII"),
        ] {
            let mut variables = BTreeMap::from([(AK, "ak"), (SK, "sk")]);
            variables.insert(name, value);
            let variables: Vec<_> = variables.into_iter().collect();
            let error = environment(&variables).credentials().unwrap_err().to_string();
            assert!(error.starts_with(&format!("credentials: {name}: ")) && error.contains(why), "{error}");
            assert!(!error.contains("dden"), "{error}");
        }
        let region = environment(&[("HUAWEICLOUD_LTS_REGION", "r\n")]).setting(Setting::Region).unwrap_err();
        assert_eq!(region.to_string(), "region: HUAWEICLOUD_LTS_REGION: contains a line end");
    }

    #[cfg(unix)]
    #[test]
    fn variable_that_is_not_utf8_is_named() {
        use std::os::unix::ffi::OsStringExt;
        let odd = || OsString::from_vec(b"hidden\xff".to_vec());
        let found: Environment =
            [(AK.to_owned(), odd()), (SK.to_owned(), "sk".into()), (FILE.to_owned(), odd())]
                .into_iter()
                .collect();
        let error = found.credentials().unwrap_err().to_string();
        assert_eq!(error, "credentials: HUAWEICLOUD_SDK_AK: is not UTF-8");
        assert_eq!(found.profile_file(), Some(odd().into()), "a path need not be UTF-8");
    }

    #[test]
    fn own_endpoint_variable_takes_precedence_over_the_official_one() {
        let official = ("HUAWEICLOUD_SDK_REGION_LTS_CN_NORTH_4", "https://official");
        let endpoint =
            |variables: &[_]| environment(variables).lts_endpoint(Some("cn-north-4")).unwrap().unwrap().value;
        assert_eq!(endpoint(&[official]), "https://official");
        assert_eq!(endpoint(&[official, ("HUAWEICLOUD_LTS_ENDPOINT", "https://ours")]), "https://ours");
    }

    #[test]
    fn plain_http_variable_is_true_or_false() {
        let allows = |value| environment(&[("HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP", value)]).allows_plain_http();
        assert_eq!((allows("true"), allows("false"), allows("")), (Ok(true), Ok(false), Ok(false)));
        assert_eq!(
            allows("yes").unwrap_err().to_string(),
            "allow_plain_http: HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP: must be true or false"
        );
    }

    #[test]
    fn profile_file_is_below_home_unless_a_variable_sets_it() {
        let file = |variables: &[_]| environment(variables).profile_file();
        assert_eq!(file(&[]), None);
        assert_eq!(file(&[("HOME", "/home/u")]), Some("/home/u/.huaweicloud/credentials".into()));
        let named = [("HOME", "/home/u"), ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/etc/lts")];
        assert_eq!(file(&named), Some("/etc/lts".into()));
    }
}
