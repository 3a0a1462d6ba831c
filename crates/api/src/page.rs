//! Lists: one page and where it lies in the whole.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::{JsonObject, attributes, number};

/// One page of a list.
///
/// Its component is called `Paginated<T>List`. Operations name it by an alias such as `PaginatedUserList`,
/// because a generic argument in the annotation would be woven into the name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Paginated<T> {
    pub pagination: Pagination,
    /// Always empty; clients of newer releases need it to be there.
    pub autocomplete: JsonObject,
    pub results: Vec<T>,
}

/// Where a page lies. Pages and indexes count from 1; 0 means that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pagination {
    #[schema(schema_with = number)]
    pub next: i64,
    #[schema(schema_with = number)]
    pub previous: i64,
    #[schema(schema_with = number)]
    pub count: i64,
    #[schema(schema_with = number)]
    pub current: i64,
    #[schema(schema_with = number)]
    pub total_pages: i64,
    #[schema(schema_with = number)]
    pub start_index: i64,
    #[schema(schema_with = number)]
    pub end_index: i64,
}

/// The parameters that every list takes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Which field to use when ordering the results.
    #[param(nullable = false)]
    pub ordering: Option<String>,
    /// A page number within the paginated result set.
    #[param(nullable = false)]
    pub page: Option<i32>,
    /// Number of results to return per page.
    #[param(nullable = false)]
    pub page_size: Option<i32>,
    /// A search term.
    #[param(nullable = false)]
    pub search: Option<String>,
}

impl<T: ToSchema> ToSchema for Paginated<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Paginated{}List", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Pagination::name().into_owned(), Pagination::schema()));
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T: ToSchema> PartialSchema for Paginated<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property("pagination", Ref::from_schema_name(Pagination::name()))
            .property("autocomplete", attributes())
            .property("results", ArrayBuilder::new().items(Ref::from_schema_name(T::name())))
            .required("pagination")
            .required("autocomplete")
            .required("results")
            .into()
    }
}
