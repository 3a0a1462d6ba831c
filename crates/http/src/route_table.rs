//! Which paths exist and which methods they take, as the routes say it.
//!
//! Made from the OpenAPI document, which is made from the routes; so there is no second list.

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use utoipa::openapi::{OpenApi, PathItem};

/// All paths of the API, without its prefix.
#[derive(Debug, Clone, Default)]
pub(crate) struct RouteTable(Vec<Entry>);

/// One path.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    segments: Vec<Segment>,
    methods: Vec<Method>,
    /// The methods, as the header says them.
    pub(crate) allow: HeaderValue,
    /// Whether the path addresses one object.
    pub(crate) one_object: bool,
}

#[derive(Debug, Clone)]
enum Segment {
    Fixed(String),
    Any,
}

impl RouteTable {
    pub(crate) fn new(document: &OpenApi) -> Self {
        let mut entries: Vec<Entry> =
            document.paths.paths.iter().map(|(path, item)| Entry::new(path, item)).collect();
        // A fixed path such as `users/me/` goes before one that would take `me` for a key.
        entries.sort_by_key(|entry| entry.one_object);
        Self(entries)
    }

    /// The entry for a path, if there is one.
    pub(crate) fn find(&self, path: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.matches(path))
    }
}

impl Entry {
    fn new(path: &str, item: &PathItem) -> Self {
        let segments: Vec<Segment> = path
            .split('/')
            .map(|it| if it.starts_with('{') { Segment::Any } else { Segment::Fixed(it.to_owned()) })
            .collect();
        let methods: Vec<Method> = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ]
        .into_iter()
        .filter(|(_, operation)| operation.is_some())
        .map(|(method, _)| method)
        .collect();
        let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        if methods.contains(&Method::GET) {
            names.push("HEAD");
        }
        names.push("OPTIONS");
        Self {
            one_object: segments.iter().any(|it| matches!(it, Segment::Any)),
            allow: HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static("")),
            segments,
            methods,
        }
    }

    pub(crate) fn takes(&self, method: &Method) -> bool {
        self.methods.contains(method)
    }

    fn matches(&self, path: &str) -> bool {
        let mut given = path.split('/');
        for segment in &self.segments {
            let fits = match (segment, given.next()) {
                (Segment::Fixed(ours), Some(theirs)) => ours == theirs,
                (Segment::Any, Some(theirs)) => !theirs.is_empty(),
                (Segment::Fixed(_) | Segment::Any, None) => false,
            };
            if !fits {
                return false;
            }
        }
        given.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathsBuilder};
    use utoipa::openapi::{InfoBuilder, OpenApiBuilder};

    use super::*;

    fn table() -> RouteTable {
        let operation = || OperationBuilder::new().build();
        let paths = PathsBuilder::new()
            .path("/users/{id}/", PathItem::new(HttpMethod::Put, operation()))
            .path("/users/me/", PathItem::new(HttpMethod::Get, operation()));
        RouteTable::new(&OpenApiBuilder::new().info(InfoBuilder::new().build()).paths(paths).build())
    }

    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        let table = table();
        let got = table.find(path).map(|entry| entry.allow.to_str().unwrap());
        assert_eq!(got, expected, "{path}");
    }

    #[test]
    fn a_path_is_found_by_its_segments() {
        check("/users/7/", Some("PUT, OPTIONS"));
        check("/users/me/", Some("GET, HEAD, OPTIONS"));
        check("/users/7", None);
        check("/users//", None);
        check("/users/7/8/", None);
        check("/", None);
    }
}
