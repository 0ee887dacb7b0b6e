//! The headers of a request: security schemes and media types.

use serde_json::{Value, json};

use super::{check::Check, document::Node, reference::Member};

impl<'a> Check<'a> {
    /// The header `X-Auth-Token`: a security scheme in each document.
    pub(super) fn token(&mut self, table: &str, member: &Member, operation: &Node<'_>) {
        let scheme = |root: Node<'a>| {
            let schemes = root.get("components")?.map("securitySchemes");
            schemes.into_iter().map(|(_, scheme)| scheme).find(|s| s.text("name") == "X-Auth-Token")
        };
        if let Some(scheme) = scheme(Node::root(&self.docs[1])) {
            self.allow_citation(table, &scheme);
        }
        let Some(scheme) = scheme(self.lts()) else {
            return self.finding(&self.lts(), format!("Table {table}: no security scheme for X-Auth-Token"));
        };
        self.about(table, &scheme);
        let places = [scheme.clone(), operation.clone()];
        let mut printed = member.printed();
        let security = operation.get("security").or(self.lts().get("security"));
        let schemes: Vec<_> = security
            .iter()
            .flat_map(|at| at.inner())
            .map(|(_, one)| one.inner().iter().map(|(name, _)| *name).collect::<Vec<_>>().join("+"))
            .collect();
        let mandatory = if schemes == [scheme.name()] { json!("required") } else { json!(schemes) };
        let kind =
            (scheme.text("type") == "apiKey" && scheme.text("in") == "header").then(|| json!("string"));
        let words = |n: Option<&Value>| {
            let number = thousands(n.and_then(Value::as_u64).unwrap_or_default());
            scheme.text("description").contains(&number).then(|| json!(format!("{number}, in words")))
        };
        let in_spec = [
            ("type", kind),
            ("mandatory", Some(mandatory)),
            ("minLength", words(printed.get("minLength"))),
            ("maxLength", words(printed.get("maxLength"))),
        ];
        self.report.matched += usize::from(member.default.is_some());
        for (fact, in_spec) in in_spec {
            let printed = printed.remove(fact);
            self.fact((table, "X-Auth-Token", fact), printed.as_ref(), in_spec.as_ref(), &places);
        }
    }

    /// The header `Content-Type`: the media type of the request body, or else a sentence in the description.
    pub(super) fn content_type(&mut self, table: &str, member: &Member, operation: &Node<'_>) {
        let info = self.lts().get("info").unwrap_or(self.lts());
        let printed = member.printed();
        let body = operation.get("requestBody").map(|body| body.resolved());
        let media_types: Vec<&str> = match &body {
            Some(body) => body.map("content").into_iter().map(|(name, _)| name).collect(),
            None => {
                let start = "`Content-Type: ";
                let sentence = info.text("description").split(start).nth(1).and_then(|s| s.split('`').next());
                sentence.into_iter().collect()
            }
        };
        let mandatory = match &body {
            Some(body) if body.value["required"] == true => json!("required"),
            Some(_) => json!("optional"),
            None => json!("in words"),
        };
        let length = |longest: bool| {
            let lengths = media_types.iter().map(|name| name.chars().count());
            if longest { lengths.max() } else { lengths.min() }.map(|n| json!(n))
        };
        let in_spec = [
            ("type", Some(json!("string"))),
            ("mandatory", Some(mandatory)),
            ("enum", Some(json!(media_types))),
            ("minLength", length(false)),
            ("maxLength", length(true)),
        ];
        let places = [vec![body.unwrap_or(operation.clone())], vec![operation.clone(), info]].concat();
        self.report.matched += usize::from(member.default.is_some());
        for (fact, in_spec) in in_spec {
            self.fact((table, "Content-Type", fact), printed.get(fact), in_spec.as_ref(), &places);
        }
    }
}

fn thousands(n: u64) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) }
}
