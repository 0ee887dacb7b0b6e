//! A program that uses neither of this crate's features for TLS.
mod common;

use huaweicloud_lts::Error;

fn main() {
    common::block_on(async {
        common::lts_speaks_http().await;
        let plain = common::builder("http://lts.invalid").allow_plain_http();
        for (setting, builder) in [
            ("endpoint", common::builder("https://lts.invalid")),
            ("proxy", plain.proxy("https://proxy.invalid")),
        ] {
            match builder.build() {
                Err(Error::Configuration(error)) => {
                    assert_eq!(error.setting(), setting);
                    assert!(error.to_string().contains("`tls` or `tls-ring`"), "{error}");
                }
                other => panic!("{other:?}"),
            }
        }
    });
}
