//! Error codes, statuses, quotas and intervals.

use std::collections::BTreeSet;

use serde_json::json;

use super::{check::Check, document::Node, reference::Table};

impl<'a> Check<'a> {
    pub(super) fn statuses(&self) -> BTreeSet<u16> {
        let tables = self.reference.tables.values();
        tables
            .filter_map(|table| match table {
                Table::Statuses { names } => Some(names.keys().copied()),
                _ => None,
            })
            .flatten()
            .collect()
    }

    pub(super) fn rows(&self) -> Vec<&'a (u16, String, String)> {
        let tables = self.reference.tables.values();
        tables
            .filter_map(|table| match table {
                Table::Codes { rows } => Some(rows),
                _ => None,
            })
            .flatten()
            .collect()
    }

    /// Checks the error codes row by row, and the code in the response format.
    pub(super) fn codes(&mut self, table: &str, rows: &[(u16, String, String)]) {
        let format = &self.reference.response_format;
        let rest = self.lts().list("x-error-codes");
        let mut seen = BTreeSet::new();
        for (status, code, message) in rows {
            let key = format!("{code} {status}");
            let same = |row: &&Node<'_>| row.text("code") == code && row.value["status"] == *status;
            let Some(row) = rest.iter().find(same) else {
                self.finding_at(
                    &format!("{}: /x-error-codes", self.docs[0].file),
                    format!("{key} is missing"),
                );
                continue;
            };
            self.about(table, row);
            let in_spec = row.value.get("message");
            self.fact((table, &key, "message"), Some(&json!(message)), in_spec, std::slice::from_ref(row));
            seen.insert(key);
        }
        let mut once = BTreeSet::new();
        for row in &rest {
            let (code, status) = (row.text("code"), &row.value["status"]);
            let key = format!("{code} {status}");
            if !once.insert(key.clone()) {
                self.finding(row, format!("{key} stands here twice"));
            }
            if seen.contains(&key) {
                continue;
            }
            if format["error_code"] == code && row.cites("Section 6.2") {
                let places = std::slice::from_ref(row);
                self.fact(("6.2", code, "status"), None, Some(status), places);
                let message = row.value.get("message");
                self.fact(("6.2", code, "message"), Some(&format["error_msg"]), message, places);
            } else {
                self.unprinted(row, "6.2", &key);
            }
        }
        if let Some(code) = format["error_code"].as_str()
            && !rest.iter().any(|row| row.text("code") == code)
        {
            self.finding_at(&format!("{}: /x-error-codes", self.docs[0].file), format!("{code} is missing"));
        }
    }

    pub(super) fn intervals_and_quotas(&mut self) {
        let root = self.lts();
        let rows = root.list("x-lts-intervals");
        let in_spec: Vec<_> =
            rows.iter().map(|row| json!([row.value["period"], row.value["period_unit"]])).collect();
        let places = [root.get("x-lts-intervals").unwrap_or(root.clone())];
        let key = ("5-49", "period, period_unit", "intervals");
        self.fact(key, Some(&json!(self.reference.intervals)), Some(&json!(in_spec)), &places);
        let operations: Vec<_> = root.map("paths").iter().flat_map(|(_, item)| item.inner()).collect();
        for (code, quota) in &self.reference.quotas {
            let in_spec = operations.iter().find_map(|(_, operation)| {
                let quota = operation.value.get("x-lts-quota")?;
                (quota["code"] == code.as_str()).then_some(&quota["default"])
            });
            let places = [root.get("paths").unwrap_or(root.clone())];
            self.fact(("6-2", code, "quota"), Some(&json!(quota)), in_spec, &places);
        }
    }
}
