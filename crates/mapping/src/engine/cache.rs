//! What a thread has compiled, the most recently used first.

use std::rc::Rc;

use crate::{
    Expression, Limits, SyntaxFault,
    compile::{Compiled, Kind, compile},
};

/// More than providers have mappings, usually; compiling again costs a tenth of a millisecond.
const CAPACITY: usize = 128;

#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: String,
    version: i64,
    kind: Kind,
    compiled: Rc<Compiled>,
}

impl Cache {
    pub(crate) fn get(
        &mut self,
        expression: &Expression,
        kind: Kind,
        limits: &Limits,
    ) -> Result<Rc<Compiled>, SyntaxFault> {
        let found = self.entries.iter().position(|entry| {
            entry.version == expression.version && entry.kind == kind && entry.id == expression.id
        });
        if let Some(index) = found {
            // Only a step forward: with few entries, the order settles without moving all of them.
            let index = if index > 0 {
                self.entries.swap(index, index - 1);
                index - 1
            } else {
                0
            };
            if let Some(entry) = self.entries.get(index) {
                return Ok(Rc::clone(&entry.compiled));
            }
        }
        let compiled = Rc::new(compile(&expression.source, kind, limits)?);
        self.entries.truncate(CAPACITY - 1);
        let entry = Entry {
            id: expression.id.clone(),
            version: expression.version,
            kind,
            compiled: Rc::clone(&compiled),
        };
        self.entries.insert(0, entry);
        Ok(compiled)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn expression(id: usize, version: i64) -> Expression {
        Expression { id: id.to_string(), version, name: String::new(), source: Arc::from("return {}") }
    }

    #[test]
    fn a_new_version_is_compiled_anew_and_the_number_kept_is_bounded() {
        let mut cache = Cache::default();
        let limits = Limits::default();
        let first = cache.get(&expression(0, 1), Kind::User, &limits).expect("it compiles");
        let again = cache.get(&expression(0, 1), Kind::User, &limits).expect("it compiles");
        assert!(Rc::ptr_eq(&first, &again));
        let newer = cache.get(&expression(0, 2), Kind::User, &limits).expect("it compiles");
        assert!(!Rc::ptr_eq(&first, &newer));
        for id in 0..2 * CAPACITY {
            cache.get(&expression(id, 1), Kind::User, &limits).expect("it compiles");
        }
        assert_eq!(cache.entries.len(), CAPACITY);
    }
}
