//! `lts spec`: the OpenAPI documents that the program was built from.

use huaweicloud_lts::spec;

use crate::{
    args::{Document, DocumentFormat, SpecArguments},
    exit::Failure,
    output,
};

pub(crate) fn run(arguments: &SpecArguments) -> Result<(), Failure> {
    let document = match arguments.document {
        Document::Lts => spec::LTS,
        Document::Iam => spec::IAM,
    };
    output::text(match arguments.format {
        DocumentFormat::Yaml => document.yaml,
        DocumentFormat::Json => document.json,
    })
}
