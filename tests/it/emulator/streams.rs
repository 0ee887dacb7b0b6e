//! Log streams.

use super::*;

#[test]
fn unknown_stream_is_reported_in_list_order() {
    let emulator = start();
    let (a, b) = (group(&emulator, "a"), group(&emulator, "b"));
    let (of_a, of_b) = (stream(&emulator, &a, "s"), stream(&emulator, &b, "s"));
    for id in [NOWHERE, "x", &of_b] {
        let reply = delete(&format!("/groups/{a}/streams/{id}")).signed(&emulator).send(&emulator);
        assert_eq!(reply.error(), error(400, "LTS.0208", "The log stream does not existed"), "{id}");
    }
    let mut body = transfer_body(&a, &[&of_a, &of_b, NOWHERE]);
    // The stream comes before the bucket.
    body["obs_bucket_name"] = json!("no-such-bucket");
    let text = format!("Log stream id does not exist: {of_b}");
    assert_eq!(create_transfer(&emulator, &body).error(), error(200, "LTS.0208", &text));
}
