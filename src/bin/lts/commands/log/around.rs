//! `lts log context`: the lines around one.

use std::ops::RangeInclusive;

use clap::Args;
use huaweicloud_lts::spec::{IntegerRule, limits};

use super::target::{failed, logs};
use crate::{
    context::Context,
    error::CliError,
    output::{LinePrinter, eprint_line, quoted},
    parsers,
};

/// How many lines before the line can be listed.
const BEFORE: RangeInclusive<u32> = range(limits::LIST_LOG_CONTEXT_REQUEST_BODY_BACKWARDS_SIZE);
/// How many lines after the line can be listed.
const AFTER: RangeInclusive<u32> = range(limits::LIST_LOG_CONTEXT_REQUEST_BODY_FORWARDS_SIZE);

const fn range(rule: IntegerRule) -> RangeInclusive<u32> {
    rule.min as u32..=rule.max as u32
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts log search app nginx error -o json | jq -r .line_num
  lts log context app nginx 1767225600000000000 --before 5 --after 20

Prints the lines in order of time, the line itself among them. -o json prints an object per line: \
{time, line_num, content, labels}.")]
pub(crate) struct ContextArguments {
    /// Name or id of the group.
    group: String,
    /// Name or id of the stream.
    stream: String,
    /// Number of the line: `line_num` in the JSON output of the other commands.
    #[arg(value_parser = parsers::line_num)]
    line_num: String,
    /// How many lines before it.
    #[arg(long, value_name = "N", default_value = "10", value_parser = parsers::whole_number(BEFORE))]
    before: u32,
    /// How many lines after it.
    #[arg(long, value_name = "N", default_value = "10", value_parser = parsers::whole_number(AFTER))]
    after: u32,
    /// Print the lines without their times.
    #[arg(long)]
    raw: bool,
}

impl ContextArguments {
    pub(super) fn run(&self, context: &Context) -> Result<(), CliError> {
        context.run(async {
            let (logs, name) = logs(context.client()?, &self.group, &self.stream).await?;
            let call = logs.context(&self.line_num).before(self.before).after(self.after);
            let found = call.await.map_err(|error| failed(&name, None, error))?;
            let mut printer = LinePrinter::new(context.output, self.raw, None).emphasize(&self.line_num);
            for line in &found.lines {
                if !printer.print(line, None)? {
                    break;
                }
            }
            printer.flush()?;
            if !found.lines.iter().any(|line| line.line_num == self.line_num) {
                let stream = quoted("log stream", &[&name]);
                eprint_line(format_args!(
                    "note: {stream} has no line {}; these would be before and after it",
                    self.line_num
                ));
            }
            Ok(())
        })
    }
}
