//! Counts of lines per step of time.

use std::ops::ControlFlow;

use serde::Serialize;

use super::{
    request::{HistogramRequest, NUMBERS_PER_MILLISECOND},
    scan::Scan,
};
use crate::emulator::{search::Order, store::Snapshot};

/// The body of a response.
#[derive(Debug, Serialize)]
pub(super) struct Histogram {
    count: u64,
    histogram: Vec<Step>,
    #[serde(rename = "isQueryComplete")]
    pub(super) is_complete: bool,
}

/// The lines of a step. The end belongs to the next one, except for the last step.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct Step {
    num: u64,
    start_time: u64,
    end_time: u64,
}

/// Counts the matching lines of each step. At most `max_lines` lines are looked at; 0 is unlimited.
pub(super) fn count(snapshot: &Snapshot, request: &HistogramRequest, max_lines: u64) -> Histogram {
    let HistogramRequest { times, step, .. } = *request;
    // Steps begin at multiples of their length.
    let first = times.start / step;
    let mut steps: Vec<_> = (first..times.end.div_ceil(step))
        .map(|i| Step {
            num: 0,
            start_time: times.start.max(i * step),
            end_time: times.end.min((i + 1) * step),
        })
        .collect();
    let last = steps.len() - 1;
    let scan = Scan { snapshot, filter: &request.filter, order: Order::FirstToLast, max_lines };
    let is_complete = scan.visit(times.numbers(), |line| {
        let i = line.number / NUMBERS_PER_MILLISECOND / step - first;
        steps[last.min(i as usize)].num += 1;
        ControlFlow::Continue(())
    });
    Histogram { count: steps.iter().map(|step| step.num).sum(), histogram: steps, is_complete }
}
