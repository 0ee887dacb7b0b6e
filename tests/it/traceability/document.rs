//! The OpenAPI documents, and what their schemas state.

use std::fmt;

use serde_json::{Value, json};

use super::reference::{Facts, probed};

#[derive(Clone)]
pub(super) struct Doc {
    pub(super) file: &'static str,
    pub(super) raw: Value,
}

/// A node of a document, with its JSON pointer.
#[derive(Clone)]
pub(super) struct Node<'a> {
    pub(super) doc: &'a Doc,
    pub(super) pointer: String,
    pub(super) value: &'a Value,
}

impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doc.file, self.pointer)
    }
}

impl<'a> Node<'a> {
    pub(super) fn root(doc: &'a Doc) -> Self {
        Self { doc, pointer: String::new(), value: &doc.raw }
    }

    pub(super) fn below(&self, key: &str, value: &'a Value) -> Node<'a> {
        let key = key.replace('~', "~0").replace('/', "~1");
        Node { doc: self.doc, pointer: format!("{}/{key}", self.pointer), value }
    }

    /// The children, with their keys.
    pub(super) fn inner(&self) -> Vec<(&'a str, Node<'a>)> {
        match self.value {
            Value::Object(members) => members.iter().map(|(k, v)| (k.as_str(), self.below(k, v))).collect(),
            Value::Array(items) => {
                items.iter().enumerate().map(|(i, v)| ("", self.below(&i.to_string(), v))).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        Some(self.below(key, self.value.as_object()?.get(key)?))
    }

    pub(super) fn list(&self, key: &str) -> Vec<Node<'a>> {
        self.get(key).map(|at| at.inner()).into_iter().flatten().map(|(_, at)| at).collect()
    }

    pub(super) fn map(&self, key: &str) -> Vec<(&'a str, Node<'a>)> {
        self.get(key).map(|at| at.inner()).unwrap_or_default()
    }

    pub(super) fn text(&self, key: &str) -> &'a str {
        self.value.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn is_ref(&self) -> bool {
        self.value.get("$ref").is_some()
    }

    pub(super) fn resolved(&self) -> Node<'a> {
        let pointer = self.text("$ref").trim_start_matches('#');
        match self.doc.raw.pointer(pointer) {
            Some(value) if self.is_ref() => Node { doc: self.doc, pointer: pointer.to_owned(), value },
            _ => self.clone(),
        }
    }

    pub(super) fn name(&self) -> &str {
        self.pointer.rsplit('/').next().unwrap_or_default()
    }

    pub(super) fn sources(&self) -> Vec<&'a str> {
        self.value["x-lts-source"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub(super) fn cites(&self, source: &str) -> bool {
        self.sources().contains(&source)
    }

    /// The numbers and texts of the errata that `x-lts-resolution` records here.
    pub(super) fn resolutions(&self) -> Vec<(u64, &'a str)> {
        let rows = self.value["x-lts-resolution"].as_array().into_iter().flatten();
        rows.filter_map(|row| Some((row["erratum"].as_u64()?, row["settled"].as_str()?))).collect()
    }

    /// The values of all examples of a request body or response.
    pub(super) fn examples(&self) -> Vec<Node<'a>> {
        let content = self.map("content").into_iter();
        content
            .flat_map(|(_, media)| media.map("examples"))
            .filter_map(|(_, example)| example.resolved().get("value"))
            .collect()
    }

    /// Visits this node and all nodes below it, except the data in examples and extensions.
    pub(super) fn walk(&self, visit: &mut impl FnMut(&Node<'a>, &[Node<'a>]), above: &mut Vec<Node<'a>>) {
        visit(self, above);
        above.push(self.clone());
        for (key, at) in self.inner() {
            let map_of_names = matches!(self.name(), "properties" | "schemas" | "examples" | "parameters");
            let data = matches!(key, "example" | "value" | "default" | "enum") && !map_of_names;
            if !data && (!key.starts_with("x-") || above.len() == 1) {
                at.walk(visit, above);
            }
        }
        above.pop();
    }
}

/// The type of a schema, with its format or its element type.
pub(super) fn kind(schema: &Node<'_>) -> String {
    let of = |key: &str| {
        schema.get(key).map_or("anything".to_owned(), |inner| match inner.resolved() {
            target if inner.is_ref() && target.text("type") == "object" => target.name().to_owned(),
            target => kind(&target),
        })
    };
    match (schema.text("type"), schema.text("format")) {
        ("array", _) => format!("array of {}", of("items")),
        ("object", _) if schema.get("properties").is_none() => {
            format!("map of {}", of("additionalProperties"))
        }
        (kind, "") => kind.to_owned(),
        (kind, format) => format!("{kind}/{format}"),
    }
}

/// The facts that a schema states. Descriptions are no facts.
pub(super) fn schema_facts(schema: &Node<'_>, printed: &Facts) -> Facts {
    let mut facts = Facts::from([("type".to_owned(), json!(kind(schema)))]);
    for (keyword, at) in schema.inner() {
        match keyword {
            "type" | "format" | "description" | "title" | "example" | "externalDocs" | "properties"
            | "required" => {}
            _ if keyword.starts_with("x-") => {}
            "minLength" if at.value == 0 => {}
            "items" | "additionalProperties" if at.is_ref() => {}
            "items" | "additionalProperties" => {
                let inner = schema_facts(&at, &Facts::new()).into_iter().filter(|(inner, _)| inner != "type");
                facts.extend(inner.map(|(inner, value)| (format!("{keyword}.{inner}"), value)));
            }
            "pattern" => {
                facts.insert(keyword.to_owned(), pattern_rule(at.value.as_str().unwrap_or_default()));
            }
            _ => {
                facts.insert(keyword.to_owned(), at.value.clone());
            }
        }
    }
    // An enumeration implies lengths, and a boolean implies values.
    let lengths: Vec<_> =
        schema.list("enum").iter().filter_map(|v| Some(v.value.as_str()?.chars().count())).collect();
    let implied = [
        ("minLength", lengths.iter().min().map(|n| json!(n))),
        ("maxLength", lengths.iter().max().map(|n| json!(n))),
        ("enum", (schema.text("type") == "boolean").then(|| json!([true, false]))),
    ];
    for (name, fact) in implied {
        if let (Some(fact), true, false) = (fact, printed.contains_key(name), facts.contains_key(name)) {
            facts.insert(name.to_owned(), fact);
        }
    }
    facts
}

/// The characters that a pattern allows in the middle, at the start, at the end, and alone.
pub(super) fn pattern_rule(pattern: &str) -> Value {
    let pattern = regress::Regex::new(pattern);
    let passes = |text: String| pattern.as_ref().is_ok_and(|p| p.find(&text).is_some());
    json!([
        probed(|c| passes(format!("a{c}a"))),
        probed(|c| passes(format!("{c}a"))),
        probed(|c| passes(format!("a{c}"))),
        probed(|c| passes(c.to_string())),
    ])
}

/// Converts `log_group_id` to `LogGroupId`.
pub(super) fn pascal(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// The schema of a request body or response, unresolved.
pub(super) fn schema<'a>(holder: &Node<'a>, media_type: Option<&str>) -> Option<Node<'a>> {
    let mut content = holder.map("content").into_iter();
    content.find(|(name, _)| media_type.is_none_or(|wanted| wanted == *name))?.1.get("schema")
}

/// The schemas of a request body or response, with their members.
pub(super) fn schemas<'a>(holder: &Node<'a>) -> Vec<Node<'a>> {
    let content = holder.map("content").into_iter();
    content
        .filter_map(|(_, media)| Some(media.get("schema")?.resolved()))
        .flat_map(|schema| {
            let members: Vec<_> = schema.map("properties").iter().map(|(_, at)| at.resolved()).collect();
            std::iter::once(schema).chain(members)
        })
        .collect()
}

/// The elements of a document that must have a source. Members come with their names.
pub(super) fn sourced<'a>(root: &Node<'a>) -> Vec<(Node<'a>, Option<&'a str>)> {
    let mut elements: Vec<(Node<'a>, Option<&'a str>)> = Vec::new();
    elements.extend(root.get("info").map(|at| (at, None)));
    for list in ["servers", "tags", "x-error-codes", "x-gateway-error-codes"] {
        elements.extend(root.list(list).into_iter().map(|at| (at, None)));
    }
    for (_, components) in root.map("components") {
        let components = components.inner().into_iter().map(|(_, at)| (at, None));
        elements.extend(components.filter(|(at, _)| !at.is_ref()));
    }
    root.walk(
        &mut |at, above| {
            let Some(parent) = above.last() else { return };
            let own = !at.is_ref() && at.value.is_object();
            let below_paths = at.pointer.starts_with("/paths/");
            match parent.name() {
                // A schema may have a member called `properties`: its parent is then in `properties` itself.
                "properties" if own && above.iter().rev().nth(1).is_none_or(|a| a.name() != "properties") => {
                    let name = parent.inner().into_iter().find(|(_, inner)| inner.pointer == at.pointer);
                    elements.push((at.clone(), name.map(|(name, _)| name)));
                }
                "responses" | "parameters" | "headers" if own && below_paths => {
                    elements.push((at.clone(), None))
                }
                "headers" if own && at.pointer.starts_with("/components/responses/") => {
                    elements.push((at.clone(), None));
                }
                _ if own && below_paths && at.name() == "requestBody" => elements.push((at.clone(), None)),
                _ if own && above.len() == 3 && at.get("responses").is_some() => {
                    elements.push((at.clone(), None))
                }
                _ => {}
            }
        },
        &mut Vec::new(),
    );
    elements
}
