//! Moments as the documented API writes them.

use chrono::{DateTime, SecondsFormat, SubsecRound, Timelike, Utc};
use serde::{Deserialize, Serialize, Serializer};

/// A moment in UTC: `2025-05-15T10:00:00.123456Z`. The microseconds are left out when they are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub DateTime<Utc>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let moment = self.0.trunc_subsecs(6);
        let digits = if moment.nanosecond() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
        serializer.serialize_str(&moment.to_rfc3339_opts(digits, true))
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(micros: i64, expected: &str) {
        let moment = Moment(DateTime::from_timestamp_micros(micros).unwrap());
        assert_eq!(serde_json::to_string(&moment).unwrap(), format!("\"{expected}\""));
    }

    #[test]
    fn microseconds_are_all_or_nothing() {
        check(1_747_303_200_000_000, "2025-05-15T10:00:00Z");
        check(1_747_303_200_123_000, "2025-05-15T10:00:00.123000Z");
        check(1_747_303_200_000_001, "2025-05-15T10:00:00.000001Z");
    }
}
