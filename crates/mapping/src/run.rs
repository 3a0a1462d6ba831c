//! One evaluation of one compiled expression.

use chrono::{FixedOffset, Offset, TimeZone, Utc};
use monty::{FunctionCall, OsCall, RunProgress};
use monty_types::{
    ExcType, ExtFunctionResult, MontyDate, MontyException, MontyObject, MontyTimeZone, NameLookupResult,
    OsFunctionCall, PrintWriter, ResourceLimits, ResourceTracker,
};
use serde_json::Value;

use crate::{
    Limit, Limits, Lookup, alloc,
    compile::Compiled,
    inputs,
    output::{Unfit, to_json},
};

/// Why an evaluation ended without a value.
#[derive(Debug)]
pub(crate) enum Stop {
    Skip,
    Limit(Limit),
    /// Somebody is over his memory limit; whether it is this thread, the meter knows.
    Crowded,
    NotJson {
        path: String,
        kind: String,
    },
    Raised(MontyException),
}

/// Runs the expression to its end.
pub(crate) fn run(
    compiled: &Compiled,
    inputs: Vec<MontyObject>,
    limits: &Limits,
    lookup: &dyn Lookup,
) -> Result<Value, Stop> {
    let tracker = ResourceTracker::new(ResourceLimits {
        max_duration: Some(limits.time),
        max_memory: Some(limits.memory),
        max_recursion_depth: limits.recursion,
        ..ResourceLimits::default()
    });
    let result = if compiled.asks {
        let started = compiled.run.clone().start(inputs, tracker, PrintWriter::Disabled);
        converse(started, limits, lookup)?
    } else {
        compiled.run.run(inputs, tracker, PrintWriter::Disabled).map_err(judge)?
    };
    // The sign by which the prelude tells that it has weighed the result and found it too heavy.
    if matches!(result, MontyObject::NotImplemented) {
        return Err(Stop::Limit(Limit::Output));
    }
    to_json(result, limits.output).map_err(|unfit| match unfit {
        Unfit::TooLarge => Stop::Limit(Limit::Output),
        Unfit::Kind { path, kind } => Stop::NotJson { path, kind },
    })
}

/// Answers what the expression asks until it ends.
fn converse(
    mut progress: Result<RunProgress, MontyException>,
    limits: &Limits,
    lookup: &dyn Lookup,
) -> Result<MontyObject, Stop> {
    let mut calls = 0;
    loop {
        progress = match progress.map_err(judge)? {
            RunProgress::Complete(result) => return Ok(result),
            RunProgress::NameLookup(name) => name.resume(NameLookupResult::Undefined, PrintWriter::Disabled),
            RunProgress::FunctionCall(call) => {
                calls += 1;
                if calls > limits.host_calls {
                    return Err(Stop::Limit(Limit::HostCalls));
                }
                let answer = answer(&call, lookup);
                call.resume(answer, PrintWriter::Disabled)
            }
            RunProgress::OsCall(call) => {
                calls += 1;
                if calls > limits.host_calls {
                    return Err(Stop::Limit(Limit::HostCalls));
                }
                let answer = system(&call, lookup);
                call.resume(answer, PrintWriter::Disabled)
            }
            RunProgress::ResolveFutures(_) => {
                let message = "mappings do not support asynchronous calls".to_owned();
                return Err(Stop::Raised(MontyException::new(ExcType::NotImplementedError, Some(message))));
            }
        }
    }
}

fn answer(call: &FunctionCall, lookup: &dyn Lookup) -> ExtFunctionResult {
    let (true, Some(MontyObject::Dict(pairs))) = (call.function_name == "_host", call.args.first()) else {
        return ExtFunctionResult::NotFound(call.function_name.clone());
    };
    let filters: Vec<(String, Value)> = pairs
        .into_iter()
        .filter_map(|(key, value)| match key {
            MontyObject::String(key) => Some((key.clone(), to_json(value.clone(), 4096).ok()?)),
            _ => None,
        })
        .collect();
    // A filter that cannot be said in JSON fits nobody; leaving it out would fit too many.
    if filters.is_empty() || filters.len() != pairs.len() {
        return ExtFunctionResult::Return(MontyObject::None);
    }
    ExtFunctionResult::Return(match lookup.user_by(&filters) {
        Some(person) => MontyObject::List(Vec::from(inputs::person_parts(&person))),
        None => MontyObject::None,
    })
}

/// Of all that an operating system offers, mappings get the time.
fn system(call: &OsCall, lookup: &dyn Lookup) -> ExtFunctionResult {
    match &call.function_call {
        OsFunctionCall::DateToday => {
            let MontyObject::DateTime(now) = inputs::date_time(&lookup.now()) else {
                return ExtFunctionResult::Return(MontyObject::None);
            };
            let (year, month, day) = (now.year, now.month, now.day);
            ExtFunctionResult::Return(MontyObject::Date(MontyDate { year, month, day }))
        }
        OsFunctionCall::DateTimeNow(zone) => ExtFunctionResult::Return(now_in(zone.as_ref(), lookup)),
        other => {
            let what = other.name();
            let message =
                format!("`{what}` is not available here: mappings cannot reach the system they run on");
            ExtFunctionResult::Error(MontyException::new(ExcType::PermissionError, Some(message)))
        }
    }
}

fn now_in(zone: Option<&MontyTimeZone>, lookup: &dyn Lookup) -> MontyObject {
    let offset =
        zone.and_then(|zone| FixedOffset::east_opt(zone.offset_seconds)).unwrap_or_else(|| Utc.fix());
    let now = offset.from_utc_datetime(&lookup.now().naive_utc());
    match (inputs::date_time(&now), zone) {
        (MontyObject::DateTime(mut now), Some(zone)) => {
            now.timezone_name.clone_from(&zone.name);
            MontyObject::DateTime(now)
        }
        (MontyObject::DateTime(mut now), None) => {
            now.offset_seconds = None;
            MontyObject::DateTime(now)
        }
        (other, _) => other,
    }
}

/// What an exception that reached the host stands for.
fn judge(exception: MontyException) -> Stop {
    let message = exception.message().unwrap_or_default();
    match exception.exc_type() {
        // `SkipObject`: classes cannot inherit here, so an exception that nothing else raises stands for it.
        ExcType::IsADirectoryError => Stop::Skip,
        ExcType::NotADirectoryError if message.contains('\n') => {
            let (path, kind) = message.split_once('\n').unwrap_or_default();
            Stop::NotJson { path: path.to_owned(), kind: format!("a value of type {kind}") }
        }
        ExcType::MemoryError => match message.strip_prefix("memory limit exceeded: ") {
            Some(told) => {
                let used = told.split(' ').next().and_then(|used| used.parse().ok());
                if used.is_some_and(alloc::stands_for_excess) {
                    Stop::Crowded
                } else {
                    Stop::Limit(Limit::Memory)
                }
            }
            None => Stop::Raised(exception),
        },
        ExcType::TimeoutError if message.starts_with("time limit exceeded") => Stop::Limit(Limit::Time),
        ExcType::RecursionError => Stop::Limit(Limit::Recursion),
        _ => Stop::Raised(exception),
    }
}
