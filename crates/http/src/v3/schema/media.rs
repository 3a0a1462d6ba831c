//! Which type of the document a caller gets.

/// How the document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Yaml,
}

/// A type that the document is offered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    OpenApiYaml,
    Yaml,
    OpenApiJson,
    Json,
}

impl MediaType {
    /// Best liked first.
    const ALL: [Self; 4] = [Self::OpenApiYaml, Self::Yaml, Self::OpenApiJson, Self::Json];

    /// The best type among those that the caller takes (RFC 9110 §12.5.1), or nothing.
    ///
    /// Among equals the one that was asked for most exactly wins, then the order above. So a caller that says
    /// `application/json, */*` gets JSON.
    pub(super) fn choose(accepted: &[&str], form: Option<Form>) -> Option<Self> {
        let ranges: Vec<Range<'_>> = accepted.iter().filter_map(|text| Range::read(text)).collect();
        let mut offered = Self::ALL.into_iter().filter(|it| form.is_none_or(|form| it.form() == form));
        if accepted.is_empty() {
            return offered.next();
        }
        let mut best: Option<((u32, u8), Self)> = None;
        for candidate in offered {
            let fitting = ranges.iter().filter(|range| range.fits(candidate));
            let Some(range) = fitting.max_by_key(|range| range.exactness) else { continue };
            let rank = (range.weight, range.exactness);
            if range.weight > 0 && best.is_none_or(|(found, _)| rank > found) {
                best = Some((rank, candidate));
            }
        }
        best.map(|(_, media_type)| media_type)
    }

    pub(super) fn form(self) -> Form {
        match self {
            Self::OpenApiYaml | Self::Yaml => Form::Yaml,
            Self::OpenApiJson | Self::Json => Form::Json,
        }
    }

    /// What `Content-Type` says.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::OpenApiYaml => "application/vnd.oai.openapi; charset=utf-8",
            Self::Yaml | Self::OpenApiJson | Self::Json => self.essence(),
        }
    }

    fn essence(self) -> &'static str {
        match self {
            Self::OpenApiYaml => "application/vnd.oai.openapi",
            Self::Yaml => "application/yaml",
            Self::OpenApiJson => "application/vnd.oai.openapi+json",
            Self::Json => "application/json",
        }
    }
}

/// One item of an `Accept` header.
#[derive(Debug)]
struct Range<'a> {
    essence: &'a str,
    /// 0 to 1000.
    weight: u32,
    /// 0 for `*/*`, 1 for `application/*`, 2 for a type.
    exactness: u8,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next().filter(|it| it.contains('/'))?;
        let weight = parts.find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")));
        let weight = weight.map_or(Some(1000), thousandths)?;
        let exactness = match essence {
            "*/*" => 0,
            it if it.ends_with("/*") => 1,
            _type => 2,
        };
        Some(Self { essence, weight, exactness })
    }

    fn fits(&self, media_type: MediaType) -> bool {
        match self.exactness {
            0 => true,
            1 => self.essence.eq_ignore_ascii_case("application/*"),
            _exact => self.essence.eq_ignore_ascii_case(media_type.essence()),
        }
    }
}

/// A weight such as `0.8`, in thousandths.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: u32 = whole.parse().ok().filter(|it| *it <= 1)?;
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some((whole * 1000 + digits.parse::<u32>().ok()?).min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, form: Option<Form>, expected: Option<MediaType>) {
        let accepted: Vec<&str> = accept.split(',').filter(|it| !it.is_empty()).collect();
        assert_eq!(MediaType::choose(&accepted, form), expected, "{accept} {form:?}");
    }

    #[test]
    fn without_a_preference_it_is_yaml() {
        check("", None, Some(MediaType::OpenApiYaml));
        check("*/*", None, Some(MediaType::OpenApiYaml));
        check("application/*", None, Some(MediaType::OpenApiYaml));
        check("text/html, application/xml;q=0.9, */*;q=0.8", None, Some(MediaType::OpenApiYaml));
    }

    #[test]
    fn a_type_that_is_named_is_given() {
        check("application/json", None, Some(MediaType::Json));
        check("Application/YAML", None, Some(MediaType::Yaml));
        check("application/vnd.oai.openapi+json", None, Some(MediaType::OpenApiJson));
        check("application/json, text/plain, */*", None, Some(MediaType::Json));
        check("application/json;q=0.5, application/yaml", None, Some(MediaType::Yaml));
        check("application/vnd.oai.openapi;q=0, */*", None, Some(MediaType::Yaml));
    }

    #[test]
    fn another_type_is_not_acceptable() {
        check("text/html", None, None);
        check("*/*;q=0", None, None);
        check("nonsense", None, None);
        check("application/json;q=many", None, None);
    }

    #[test]
    fn a_format_goes_before_the_types() {
        check("", Some(Form::Json), Some(MediaType::OpenApiJson));
        check("application/json", Some(Form::Json), Some(MediaType::Json));
        check("*/*", Some(Form::Yaml), Some(MediaType::OpenApiYaml));
        check("application/json", Some(Form::Yaml), None);
    }
}
