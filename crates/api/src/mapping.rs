//! Property mappings.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{JsonObject, Paginated, attributes};

/// All kinds are shown alike, under names of their own.
macro_rules! shown {
    ($(#[$doc:meta])* $name:ident as $schema:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[schema(as = $schema)]
        pub struct $name {
            #[schema(read_only)]
            pub pk: Uuid,
            /// By which key a program finds a mapping that it brought along.
            pub managed: Option<String>,
            pub name: String,
            /// The body of a Python function that returns a dictionary.
            pub expression: String,
            #[schema(read_only)]
            pub component: String,
            #[schema(read_only)]
            pub verbose_name: String,
            #[schema(read_only)]
            pub verbose_name_plural: String,
            #[schema(read_only)]
            pub meta_model_name: String,
        }
    };
}

/// All kinds are asked for alike, under names of their own.
macro_rules! requests {
    ($name:ident as $schema:ident, $patched:ident as $patched_schema:ident) => {
        /// A mapping to create, or what to make of one.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[schema(as = $schema)]
        pub struct $name {
            /// By which key a program finds a mapping that it brought along.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(min_length = 1)]
            pub managed: Option<String>,
            #[schema(min_length = 1)]
            pub name: String,
            /// The body of a Python function that returns a dictionary.
            #[schema(min_length = 1)]
            pub expression: String,
        }

        /// What to change of a mapping.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[schema(as = $patched_schema)]
        pub struct $patched {
            /// By which key a program finds a mapping that it brought along.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(min_length = 1)]
            pub managed: Option<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false, min_length = 1)]
            pub name: Option<String>,
            /// The body of a Python function that returns a dictionary.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false, min_length = 1)]
            pub expression: Option<String>,
        }
    };
}

shown!(
    /// A property mapping, whatever its kind.
    PropertyMapping as PropertyMapping
);
shown!(
    /// A property mapping of SCIM providers: an expression that shapes what a remote receives.
    ScimMapping as SCIMMapping
);
shown!(
    /// A property mapping of SCIM sources: an expression that shapes what is made of what a source sends.
    ScimSourcePropertyMapping as SCIMSourcePropertyMapping
);
requests!(ScimMappingRequest as SCIMMappingRequest, PatchedScimMappingRequest as PatchedSCIMMappingRequest);
requests!(
    ScimSourcePropertyMappingRequest as SCIMSourcePropertyMappingRequest,
    PatchedScimSourcePropertyMappingRequest as PatchedSCIMSourcePropertyMappingRequest
);

/// One page of mappings of providers.
pub type PaginatedScimMappingList = Paginated<ScimMapping>;

/// One page of mappings of sources.
pub type PaginatedScimSourcePropertyMappingList = Paginated<ScimSourcePropertyMapping>;

/// How to narrow down a list of mappings.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScimMappingListParams {
    #[param(nullable = false)]
    pub managed: Option<Vec<String>>,
    #[serde(rename = "managed__isnull")]
    #[param(nullable = false)]
    pub managed_isnull: Option<bool>,
    #[param(nullable = false)]
    pub name: Option<String>,
}

/// One page of mappings of all kinds.
pub type PaginatedPropertyMappingList = Paginated<PropertyMapping>;

/// How to narrow down a list of mappings of all kinds.
pub type PropertyMappingListParams = ScimMappingListParams;

/// How to narrow down a list of mappings of sources.
pub type ScimSourcePropertyMappingListParams = ScimMappingListParams;

/// What a mapping is tried with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PropertyMappingTestRequest {
    /// The user that the mapping is to see; without one it sees one that is blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<i32>,
    /// The group that the mapping is to see. Given one, the mapping runs as one for groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Uuid>,
    /// More variables for the mapping, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = attributes, required = false)]
    pub context: Option<JsonObject>,
}

/// What came of trying a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PropertyMappingTestResult {
    /// What the mapping returned, as JSON text; or what went wrong, in words.
    #[schema(read_only)]
    pub result: String,
    #[schema(read_only)]
    pub successful: bool,
}

/// How to show what came of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PropertyMappingTestParams {
    /// Whether to indent the result.
    #[param(nullable = false)]
    pub format_result: Option<bool>,
}
