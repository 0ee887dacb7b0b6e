//! Tasks of createLogDumpObs.

use serde_json::{Value, json};

/// How lists show a task of createLogDumpObs.
pub(super) fn info(body: &Value) -> Value {
    let mut detail = json!({
        "obs_period": body["period"],
        "obs_period_unit": body["period_unit"],
        "obs_bucket_name": body["obs_bucket_name"],
    });
    for (member, name) in [("prefix_name", "obs_prefix_name"), ("dir_prefix_name", "obs_dir_pre_fix_name")] {
        if let Some(text) = body[member].as_str().filter(|text| !text.is_empty()) {
            detail[name] = text.into();
        }
    }
    json!({
        "log_agency_transfer": null,
        "log_storage_format": body["storage_format"].as_str().unwrap_or("RAW"),
        "log_transfer_detail": detail,
        "log_transfer_mode": "cycle",
        "log_transfer_status": if body["switch_on"] == false { "DISABLE" } else { "ENABLE" },
        "log_transfer_type": "OBS",
    })
}
