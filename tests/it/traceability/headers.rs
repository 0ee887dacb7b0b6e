//! The headers of a request: security schemes and media types.

use serde_json::{Value, json};

use super::{check::Check, document::At, reference::Member};

impl<'a> Check<'a> {
    /// The header `X-Auth-Token`: a security scheme, and in IAM's document another.
    pub(super) fn token(&mut self, table: &str, member: &Member, operation: &At<'_>) {
        let scheme = |root: At<'a>| {
            let schemes = root.get("components")?.map("securitySchemes");
            schemes.into_iter().map(|(_, scheme)| scheme).find(|s| s.text("name") == "X-Auth-Token")
        };
        if let Some(scheme) = scheme(At::root(&self.docs[1])) {
            self.may_cite(table, &scheme);
        }
        let Some(scheme) = scheme(self.lts()) else {
            return self.found(&self.lts(), format!("Table {table}: no security scheme for X-Auth-Token"));
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
        let said = [
            ("type", kind),
            ("mandatory", Some(mandatory)),
            ("minLength", words(printed.get("minLength"))),
            ("maxLength", words(printed.get("maxLength"))),
        ];
        self.report.matched += usize::from(member.default.is_some());
        for (fact, said) in said {
            let printed = printed.remove(fact);
            self.fact((table, "X-Auth-Token", fact), printed.as_ref(), said.as_ref(), &places);
        }
    }

    /// The header `Content-Type`: the request's media type, and where there is no request body, a sentence.
    pub(super) fn content_type(&mut self, table: &str, member: &Member, operation: &At<'_>) {
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
        let said = [
            ("type", Some(json!("string"))),
            ("mandatory", Some(mandatory)),
            ("enum", Some(json!(media_types))),
            ("minLength", length(false)),
            ("maxLength", length(true)),
        ];
        let places = [vec![body.unwrap_or(operation.clone())], vec![operation.clone(), info]].concat();
        self.report.matched += usize::from(member.default.is_some());
        for (fact, said) in said {
            self.fact((table, "Content-Type", fact), printed.get(fact), said.as_ref(), &places);
        }
    }
}

fn thousands(n: u64) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) }
}
