//! The facts that the reference prints: `tests/data/reference-tables.yaml`.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reference {
    pub(super) sections: Vec<String>,
    pub(super) other_tables: Vec<String>,
    pub(super) operations: BTreeMap<String, Printed>,
    pub(super) intervals: Vec<(u64, String)>,
    pub(super) response_format: Value,
    pub(super) quotas: BTreeMap<String, u64>,
    /// YAML anchors that the tables use.
    #[serde(rename = "shared")]
    pub(super) _shared: IgnoredAny,
    pub(super) tables: BTreeMap<String, Table>,
}

/// What a section prints about an operation, except its tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Printed {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) statuses: Vec<u16>,
    pub(super) request: Option<Value>,
    #[serde(default)]
    pub(super) responses: BTreeMap<u16, Vec<Value>>,
}

pub(super) type Members = BTreeMap<String, Member>;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Table {
    Path { section: String, members: Members },
    Headers { section: String, members: Members },
    Request { section: String, members: Members },
    Response { section: String, status: u16, members: Members },
    Object { section: String, name: String, members: Members },
    Statuses { names: BTreeMap<u16, String> },
    Codes { rows: Vec<(u16, String, String)> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) r#type: String,
    pub(super) mandatory: Option<String>,
    pub(super) length: Option<u64>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) minimum: Option<u64>,
    pub(super) maximum: Option<u64>,
    pub(super) default: Option<Value>,
    pub(super) enumerated: Option<Value>,
    pub(super) values: Option<Value>,
    pub(super) example: Option<Vec<Value>>,
    pub(super) characters: Option<String>,
    #[serde(default)]
    pub(super) not_first: String,
    #[serde(default)]
    pub(super) not_last: String,
    pub(super) min_items: Option<u64>,
}

/// Facts by name. The name is the schema keyword if there is one.
pub(super) type Facts = BTreeMap<String, Value>;

impl Member {
    /// The printed facts in the terms of the spec.
    pub(super) fn printed(&self) -> Facts {
        let kind = match self.r#type.as_str() {
            "String" => "string".to_owned(),
            "Integer" => "integer/int32".to_owned(),
            "long" => "integer/int64".to_owned(),
            "Boolean" | "boolean" => "boolean".to_owned(),
            "Map<String, String>" => "map of string".to_owned(),
            "Array of strings" => "array of string".to_owned(),
            other => other.replace("Array of ", "array of ").replace(" objects", ""),
        };
        let mandatory = self.mandatory.as_deref().map(|cell| match cell {
            "Yes" => json!("required"),
            "No" => json!("optional"),
            other => json!(other),
        });
        let rule = self.characters.as_ref().map(|characters| {
            let named: Vec<char> = characters.split([',', ' ']).filter_map(single).collect();
            let allowed = |c: char| {
                (characters.contains("letters") && c.is_ascii_alphabetic())
                    || (characters.contains("digits") && c.is_ascii_digit())
                    || named.contains(&c)
            };
            let first = |c: char| allowed(c) && !self.not_first.contains(c);
            let last = |c: char| allowed(c) && !self.not_last.contains(c);
            json!([probed(allowed), probed(first), probed(last), probed(|c| first(c) && last(c))])
        });
        // A minimum of 0 is no limit, and `None` is no default.
        let min_length = self.min_length.or(self.length).filter(|n| *n > 0);
        let facts = [
            ("type", Some(json!(kind))),
            ("mandatory", mandatory),
            ("minLength", min_length.map(Value::from)),
            ("maxLength", self.max_length.or(self.length).map(Value::from)),
            ("minimum", self.minimum.map(Value::from)),
            ("maximum", self.maximum.map(Value::from)),
            ("minItems", self.min_items.map(Value::from)),
            ("default", self.default.clone().filter(|d| d != "None")),
            ("enum", self.enumerated.clone().or(self.values.clone())),
            ("pattern", rule),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?))).collect()
    }
}

pub(super) fn single(word: &str) -> Option<char> {
    let mut chars = word.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// The probed characters that pass.
pub(super) fn probed(passes: impl Fn(char) -> bool) -> String {
    (' '..='~').chain(['é', '日', '\n']).filter(|c| passes(*c)).collect()
}
