//! What a thread does with a task.

use std::{cell::Cell, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{
    cache::Cache,
    pool::{Pool, Task, WorkerId},
};
use crate::{
    Answer, Expression, Limit, Lookup, MappingError, MappingSet, Person, Scope, Subject,
    alloc::{self, Slot},
    compile::Kind,
    fault,
    inputs::inputs,
    merge,
    output::{NODE, kind_of},
    run::{self, Stop},
};

pub(crate) struct Evaluator<'p> {
    pool: &'p Pool,
    worker: WorkerId,
    slot: Option<Slot>,
    cache: Cache,
    /// Which mapping of the set is at work.
    at: Cell<usize>,
}

impl<'p> Evaluator<'p> {
    pub(crate) fn new(pool: &'p Pool, worker: WorkerId, slot: Option<Slot>) -> Self {
        Self { pool, worker, slot, cache: Cache::default(), at: Cell::new(0) }
    }

    pub(crate) fn evaluate(&mut self, task: &Task) -> Result<Answer, MappingError> {
        self.at.set(0);
        match task {
            Task::Set(set, scope) => self.all(set, scope),
            Task::One(expression, scope) => self.one(expression, scope),
        }
    }

    pub(crate) fn forget(&mut self) {
        self.cache = Cache::default();
    }

    /// The error for a task during which the interpreter panicked.
    pub(crate) fn broken(&self, task: &Task) -> MappingError {
        let expression = match task {
            Task::Set(set, _) => set.iter().nth(self.at.get()),
            Task::One(expression, _) => Some(expression),
        };
        expression
            .map_or(MappingError::Stopped, |expression| fault::broken(&expression.name, &expression.source))
    }

    fn all(&mut self, set: &MappingSet, scope: &Scope) -> Result<Answer, MappingError> {
        let mut merged = Map::new();
        for (index, expression) in set.iter().enumerate() {
            self.at.set(index);
            match self.one(expression, scope)? {
                Answer::Skip => return Ok(Answer::Skip),
                Answer::Value(Value::Null) => {}
                Answer::Value(Value::Object(object)) => merge(&mut merged, object),
                Answer::Value(other) => {
                    let (mapping, kind) = (expression.name.clone(), kind_of(&other).to_owned());
                    return Err(MappingError::NotAnObject { mapping, kind });
                }
            }
            if index > 0 && weight(&merged) > self.pool.limits.output {
                let mapping = expression.name.clone();
                return Err(MappingError::LimitExceeded { mapping, limit: Limit::Output });
            }
        }
        Ok(Answer::Value(Value::Object(merged)))
    }

    fn one(&mut self, expression: &Expression, scope: &Scope) -> Result<Answer, MappingError> {
        let limits = &self.pool.limits;
        let name = || expression.name.clone();
        if expression.source.len() > limits.source {
            return Err(MappingError::LimitExceeded { mapping: name(), limit: Limit::Source });
        }
        self.pool.begin(self.worker, expression);
        let kind = match scope.subject {
            Subject::User(_) => Kind::User,
            Subject::Group(_) => Kind::Group,
            Subject::Received(_) => Kind::Received,
        };
        let compiled = self
            .cache
            .get(expression, kind, limits)
            .map_err(|fault| fault::uncompilable(&expression.name, fault))?;

        let lookup = Patient { pool: self.pool, worker: self.worker };
        let run = || run::run(&compiled, inputs(scope, expression, &compiled), limits, &lookup);
        match self.measured(expression, run)? {
            Ok(value) => Ok(Answer::Value(value)),
            Err(Stop::Skip) => Ok(Answer::Skip),
            Err(Stop::Limit(limit)) => Err(MappingError::LimitExceeded { mapping: name(), limit }),
            Err(Stop::Crowded) => Err(MappingError::LimitExceeded { mapping: name(), limit: Limit::Memory }),
            Err(Stop::NotJson { path, kind }) => Err(MappingError::NotJson { mapping: name(), path, kind }),
            Err(Stop::Raised(exception)) => Err(fault::failed(&expression.name, &exception, &compiled)),
        }
    }

    /// Runs within the memory limit. Where another thread's excess ended the run, it is run again.
    fn measured(
        &self,
        expression: &Expression,
        run: impl Fn() -> Result<Value, Stop>,
    ) -> Result<Result<Value, Stop>, MappingError> {
        let Some(slot) = &self.slot else { return Ok(run()) };
        for _ in 0..MOST_RUNS {
            let (result, usage) = slot.measure(self.pool.limits.memory, &run);
            match result {
                Err(Stop::Crowded) if usage.is_within_limit() => {}
                Err(Stop::Crowded) => return Ok(Err(Stop::Limit(Limit::Memory))),
                result => return Ok(result),
            }
            self.pool.count_time(self.worker, false);
            for _ in 0..LONGEST_WAIT_MS {
                if alloc::is_quiet() {
                    break;
                }
                std::thread::park_timeout(Duration::from_millis(1));
            }
            self.pool.begin(self.worker, expression);
        }
        Err(MappingError::Overloaded)
    }
}

/// How often a run is begun that others' excess ends.
const MOST_RUNS: u32 = 100;

/// How long to wait for the others to be gone before each.
const LONGEST_WAIT_MS: u32 = 20;

/// The lookup, with the watchdog's clock at rest while it is asked.
struct Patient<'p> {
    pool: &'p Pool,
    worker: WorkerId,
}

impl Lookup for Patient<'_> {
    fn user_by(&self, filters: &[(String, Value)]) -> Option<Person> {
        self.pool.count_time(self.worker, false);
        let found = self.pool.lookup.user_by(filters);
        self.pool.count_time(self.worker, true);
        found
    }

    fn now(&self) -> DateTime<Utc> {
        self.pool.lookup.now()
    }
}

/// The size of an object as [`Limits::output`](crate::Limits) counts it.
fn weight(object: &Map<String, Value>) -> usize {
    object.iter().map(|(key, value)| key.len() + NODE + value_weight(value)).sum()
}

fn value_weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => NODE,
        Value::String(text) => NODE + text.len(),
        Value::Array(values) => NODE + values.iter().map(value_weight).sum::<usize>(),
        Value::Object(object) => NODE + weight(object),
    }
}
