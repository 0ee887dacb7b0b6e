//! Settings from environment variables: those of the official SDKs, and our own for other settings.

use std::{collections::BTreeMap, path::PathBuf};

use super::setting::{ResolvedSetting, Setting};
use crate::{
    auth::{AkSk, Credentials, Login, chain::SkippedSource},
    secret::Secret,
};

/// The name of this source.
pub(crate) const ENVIRONMENT: &str = "environment";
/// The prefix of all variables.
const PREFIX: &str = "HUAWEICLOUD_";
/// The path of the profile file below the home directory.
const PROFILE_FILE: [&str; 2] = [".huaweicloud", "credentials"];

/// A snapshot of our variables. Empty values are ignored.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, Secret>,
    home: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        let all = std::env::vars_os();
        let all = all.filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Self { home: std::env::home_dir(), ..all.collect() }
    }

    fn get(&self, name: &str) -> Option<&Secret> {
        self.variables.get(name)
    }

    fn find(&self, name: &str) -> Option<ResolvedSetting> {
        self.get(name).map(|value| ResolvedSetting::at(value, name))
    }

    pub(crate) fn setting(&self, setting: Setting) -> Option<ResolvedSetting> {
        self.find(match setting {
            Setting::Region => "HUAWEICLOUD_LTS_REGION",
            Setting::Cloud => "HUAWEICLOUD_LTS_CLOUD",
            Setting::ProjectId => "HUAWEICLOUD_SDK_PROJECT_ID",
            Setting::IamEndpoint => "HUAWEICLOUD_SDK_IAM_ENDPOINT",
        })
    }

    /// Our own variable for the endpoint of LTS.
    pub(crate) fn lts_endpoint(&self) -> Option<ResolvedSetting> {
        self.find("HUAWEICLOUD_LTS_ENDPOINT")
    }

    /// The endpoint of the ECS metadata service.
    pub(crate) fn metadata_endpoint(&self) -> Option<ResolvedSetting> {
        self.find("HUAWEICLOUD_LTS_METADATA_ENDPOINT")
    }

    /// The official variable for the endpoint of LTS in a region.
    pub(crate) fn lts_endpoint_of(&self, region: &str) -> Option<ResolvedSetting> {
        self.find(&format!("HUAWEICLOUD_SDK_REGION_LTS_{}", region.to_uppercase().replace('-', "_")))
    }

    /// The path of the profile file, if there is a home directory.
    pub(crate) fn profile_file(&self) -> Option<PathBuf> {
        let named = self.get("HUAWEICLOUD_SDK_CREDENTIALS_FILE").map(|file| PathBuf::from(file.expose()));
        named.or_else(|| Some(PROFILE_FILE.iter().fold(self.home.clone()?, |path, part| path.join(part))))
    }

    /// The first complete credential: key pair, token, login.
    pub(crate) fn credentials(&self) -> Result<Credentials, SkippedSource> {
        let get = |name| self.get(name).cloned();
        let keys = || {
            let keys = AkSk::new(get("HUAWEICLOUD_SDK_AK")?.expose(), get("HUAWEICLOUD_SDK_SK")?);
            let token = get("HUAWEICLOUD_SDK_SECURITY_TOKEN");
            Some(token.map_or(keys.clone(), |token| keys.security_token(token)).into())
        };
        let token = || Some(Credentials::token(get("HUAWEICLOUD_LTS_TOKEN")?));
        let login = || {
            let user = get("HUAWEICLOUD_LTS_USERNAME")?;
            let password = get("HUAWEICLOUD_LTS_PASSWORD")?;
            Some(Login::new(user.expose(), password, get("HUAWEICLOUD_LTS_DOMAIN_NAME")?.expose()).into())
        };
        keys().or_else(token).or_else(login).ok_or_else(|| {
            let tried = [
                &["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"][..],
                &["HUAWEICLOUD_LTS_TOKEN"],
                &["HUAWEICLOUD_LTS_USERNAME", "HUAWEICLOUD_LTS_PASSWORD", "HUAWEICLOUD_LTS_DOMAIN_NAME"],
            ];
            SkippedSource::new(ENVIRONMENT, tried.map(|names| self.describe(names)).join(", "))
        })
    }

    /// Lists which of these variables are set, by name only.
    fn describe(&self, names: &[&str]) -> String {
        let (set, unset): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| self.get(name).is_some());
        match set.as_slice() {
            [] => format!("{} not set", unset.join(", ")),
            set => format!("{} set, but {} not set", set.join(", "), unset.join(", ")),
        }
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let mut environment = Self::default();
        for (name, value) in variables.into_iter().filter(|(_, value)| !value.is_empty()) {
            if name == "HOME" {
                environment.home = Some(value.into());
            } else if name.starts_with(PREFIX) {
                environment.variables.insert(name, value.into());
            }
        }
        environment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn keys_take_precedence_over_token_over_login() {
        let mut variables = vec![
            ("HUAWEICLOUD_LTS_USERNAME", "u"),
            ("HUAWEICLOUD_LTS_PASSWORD", "p"),
            ("HUAWEICLOUD_LTS_DOMAIN_NAME", "d"),
        ];
        let found = |variables: &[_]| environment(variables).credentials().unwrap();
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
    fn missing_credentials_error_lists_the_variables() {
        let found = environment(&[("HUAWEICLOUD_SDK_AK", "the-key"), ("HUAWEICLOUD_SDK_SK", "")]);
        let why = found.credentials().unwrap_err().why;
        assert!(why.contains("HUAWEICLOUD_SDK_AK set, but HUAWEICLOUD_SDK_SK not set"), "{why}");
        assert!(why.contains("HUAWEICLOUD_LTS_TOKEN not set") && !why.contains("the-key"), "{why}");
    }

    #[test]
    fn official_region_variable_is_upper_case_with_underscores() {
        let found = environment(&[("HUAWEICLOUD_SDK_REGION_LTS_CN_NORTH_4", "https://x")]);
        assert_eq!(found.lts_endpoint_of("cn-north-4").unwrap().value, "https://x");
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
