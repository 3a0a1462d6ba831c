//! Reading `Retry-After` (RFC 9110 §10.2.3).

use std::time::Duration;

use scimitar_domain::Timestamp;

/// No remote may hold us off for longer with one answer; whoever means more says it again.
const LONGEST: Duration = Duration::from_hours(24);

/// How long to wait, from seconds or from a date. What cannot be read is no wish at all.
///
/// `now` is the moment of the answer, by the remote's clock where it is known: a date compared with another
/// clock would be off by the difference of the two.
pub(crate) fn read(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let wait = seconds(value).or_else(|| until(value, now))?;
    Some(wait.min(LONGEST))
}

/// The moment that a `Date` header tells.
pub(crate) fn moment(value: &str) -> Option<Timestamp> {
    httpdate::parse_http_date(value.trim()).ok().map(Timestamp::from)
}

/// Fractions and signs are not in the RFC but in use.
fn seconds(value: &str) -> Option<Duration> {
    let numeric = value.chars().all(|it| it.is_ascii_digit() || matches!(it, '.' | '-' | '+'));
    let seconds: f64 = if numeric { value.parse().ok()? } else { return None };
    Some(Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())).unwrap_or_default())
}

fn until(value: &str, now: Timestamp) -> Option<Duration> {
    Some((moment(value)? - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Thursday, 2026-01-01 00:00:00 UTC.
    fn now() -> Timestamp {
        Timestamp::from_timestamp(1_767_225_600, 0).expect("a moment")
    }

    #[track_caller]
    fn check(value: &str, expected: Option<u64>) {
        assert_eq!(read(value, now()), expected.map(Duration::from_secs), "{value}");
    }

    #[test]
    fn seconds_and_dates_are_read() {
        check("0", Some(0));
        check("1", Some(1));
        check(" 120 ", Some(120));
        check("+5", Some(5));
        check("Thu, 01 Jan 2026 00:00:30 GMT", Some(30));
        check("Thursday, 01-Jan-26 00:01:00 GMT", Some(60));
        check("Thu Jan  1 01:00:00 2026", Some(3600));
        assert_eq!(read("1.5", now()), Some(Duration::from_millis(1500)));
    }

    #[test]
    fn the_past_is_now_and_absurd_waits_are_capped() {
        check("-1", Some(0));
        check("Wed, 31 Dec 2025 23:59:59 GMT", Some(0));
        check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
        check("86401", Some(86400));
        check("999999999999999999999999999999", Some(86400));
        check("Fri, 31 Dec 9999 23:59:59 GMT", Some(86400));
    }

    #[test]
    fn what_cannot_be_read_is_no_wish() {
        for value in
            ["", "soon", "1 minute", "1-2", "..", "inf", "nan", "1e9", "0x10", "Thu, 99 Jan 2026", "٣"]
        {
            check(value, None);
        }
    }

    proptest! {
        #[test]
        fn no_header_holds_us_for_longer_than_the_cap(value in any::<String>()) {
            prop_assert!(read(&value, now()).is_none_or(|wait| wait <= LONGEST));
        }

        #[test]
        fn every_number_of_seconds_is_read(seconds in 0_u64..=86_400) {
            prop_assert_eq!(read(&seconds.to_string(), now()), Some(Duration::from_secs(seconds)));
        }
    }
}
