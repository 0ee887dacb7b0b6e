//! Tasks of createLogDumpObs.

use serde_json::{Value, json};

use crate::{
    input::{InvalidInput, check_obs_dir, check_text},
    spec::limits,
};

/// How lists show a task of createLogDumpObs. A prefix or directory that breaks the rule of newer tasks is left out.
pub(super) fn info(body: &Value) -> Value {
    let mut detail = json!({
        "obs_period": body["period"],
        "obs_period_unit": body["period_unit"],
        "obs_bucket_name": body["obs_bucket_name"],
    });
    let check_prefix = |prefix: &str| check_text("prefix_name", &limits::OBS_PREFIX_NAME, prefix);
    let mut show = |member: &str, name: &str, check: &dyn Fn(&str) -> Result<(), InvalidInput>| {
        let text = body[member].as_str().filter(|text| !text.is_empty() && check(text).is_ok());
        if let Some(text) = text {
            detail[name] = text.into();
        }
    };
    show("prefix_name", "obs_prefix_name", &check_prefix);
    show("dir_prefix_name", "obs_dir_pre_fix_name", &check_obs_dir);
    json!({
        "log_agency_transfer": null,
        "log_storage_format": body["storage_format"].as_str().unwrap_or("RAW"),
        "log_transfer_detail": detail,
        "log_transfer_mode": "cycle",
        "log_transfer_status": if body["switch_on"] == false { "DISABLE" } else { "ENABLE" },
        "log_transfer_type": "OBS",
    })
}
