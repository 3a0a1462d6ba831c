//! The faults of a request, field by field, in the order in which they were found.

use serde::{Serialize, Serializer};

use crate::error::ApiError;

/// The key for faults that concern no single field.
pub(crate) const WHOLE: &str = "non_field_errors";

/// Sentences by field name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(String, Vec<String>)>);

impl FieldErrors {
    /// One fault of one field.
    pub fn of(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, sentence);
        errors
    }

    pub fn add(&mut self, field: impl Into<String>, sentence: impl Into<String>) {
        let field = field.into();
        let sentence = sentence.into();
        match self.0.iter_mut().find(|(name, _)| *name == field) {
            Some((_, sentences)) if sentences.contains(&sentence) => {}
            Some((_, sentences)) => sentences.push(sentence),
            None => self.0.push((field, vec![sentence])),
        }
    }

    /// Add the faults of those fields that have none yet.
    pub fn complete(&mut self, other: Self) {
        for (field, sentences) in other.0 {
            if !self.has(&field) {
                self.0.push((field, sentences));
            }
        }
    }

    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|(name, _)| name == field)
    }

    /// Field and sentence, in the order in which they were found.
    pub fn sentences(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|(field, all)| all.iter().map(move |sentence| (field.as_str(), sentence.as_str())))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value`, unless there are faults.
    pub fn accept<T>(self, value: T) -> Result<T, ApiError> {
        if self.is_empty() { Ok(value) } else { Err(ApiError::Fields(self)) }
    }
}

impl Serialize for FieldErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(field, sentences)| (field, sentences)))
    }
}
