//! What a remote says that it can do: the tolerant reader of `ServiceProviderConfig` (RFC 7643 §5).
//!
//! Every capability stands alone. A block that is missing or malformed makes that one unknown and no other:
//! many services leave blocks out, and refusing the document for it would mean to use nothing they offer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attribute;

/// The capabilities of a remote. `None` means that it did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    pub patch: Option<bool>,
    pub bulk: Option<BulkSupport>,
    pub filter: Option<FilterSupport>,
    pub change_password: Option<bool>,
    pub sort: Option<bool>,
    pub etag: Option<bool>,
}

/// The `bulk` block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkSupport {
    pub supported: bool,
    /// Operations in one request. Services that do not offer bulk still give it; the limit is then the one on
    /// operations in a PATCH (AWS says 1).
    pub max_operations: Option<u64>,
    pub max_payload_size: Option<u64>,
}

/// The `filter` block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterSupport {
    pub supported: bool,
    pub max_results: Option<u64>,
}

impl Capabilities {
    /// Read a `ServiceProviderConfig`. Anything that is not an object leaves everything unknown.
    pub fn read(document: &Value) -> Self {
        Self {
            patch: supported(document, "patch"),
            bulk: supported(document, "bulk").map(|supported| BulkSupport {
                supported,
                max_operations: limit(document, "bulk", "maxOperations"),
                max_payload_size: limit(document, "bulk", "maxPayloadSize"),
            }),
            filter: supported(document, "filter").map(|supported| FilterSupport {
                supported,
                max_results: limit(document, "filter", "maxResults"),
            }),
            change_password: supported(document, "changePassword"),
            sort: supported(document, "sort"),
            etag: supported(document, "etag"),
        }
    }

    /// Whether filtering is offered, if the remote said so.
    pub fn filters(&self) -> Option<bool> {
        self.filter.map(|filter| filter.supported)
    }
}

fn supported(document: &Value, block: &str) -> Option<bool> {
    attribute::truth(attribute::get(document, block)?, "supported")
}

fn limit(document: &Value, block: &str, name: &str) -> Option<u64> {
    attribute::count(attribute::get(document, block)?, name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_document_is_read() {
        let document = json!({
            "schemas": [crate::urn::SERVICE_PROVIDER_CONFIG],
            "patch": {"supported": true},
            "bulk": {"supported": false, "maxOperations": 1, "maxPayloadSize": 1_048_576},
            "filter": {"supported": true, "maxResults": 50},
            "changePassword": {"supported": false},
            "sort": {"supported": false},
            "etag": {"supported": false},
            "authenticationSchemes": [],
        });
        let expected = Capabilities {
            patch: Some(true),
            bulk: Some(BulkSupport {
                supported: false,
                max_operations: Some(1),
                max_payload_size: Some(1_048_576),
            }),
            filter: Some(FilterSupport { supported: true, max_results: Some(50) }),
            change_password: Some(false),
            sort: Some(false),
            etag: Some(false),
        };
        assert_eq!(Capabilities::read(&document), expected);
        let kept = serde_json::to_string(&expected).unwrap();
        assert_eq!(serde_json::from_str::<Capabilities>(&kept).unwrap(), expected);
    }

    #[test]
    fn a_bad_block_makes_only_itself_unknown() {
        let patch_only = Capabilities { patch: Some(true), ..Capabilities::default() };
        for (document, expected) in [
            (json!({}), Capabilities::default()),
            (json!([]), Capabilities::default()),
            (json!("html"), Capabilities::default()),
            (json!(null), Capabilities::default()),
            (json!({"patch": {"supported": true}}), patch_only),
            (json!({"Patch": {"Supported": "true"}}), patch_only),
            (json!({"patch": {"supported": true}, "sort": null, "bulk": 3, "filter": []}), patch_only),
            (json!({"patch": {"supported": true}, "bulk": {"maxOperations": 5}}), patch_only),
            (json!({"patch": {"supported": 1}}), Capabilities::default()),
            (json!({"patch": true}), Capabilities::default()),
        ] {
            assert_eq!(Capabilities::read(&document), expected, "{document}");
        }
    }

    #[test]
    fn a_bad_limit_is_unknown_and_its_block_is_kept() {
        for (given, expected) in
            [(json!("20"), Some(20)), (json!(-1), None), (json!(null), None), (json!(0), Some(0))]
        {
            let document = json!({"bulk": {"supported": "True", "maxOperations": given}});
            let bulk = Capabilities::read(&document).bulk.expect("the block is there");
            assert!(bulk.supported);
            assert_eq!(bulk.max_operations, expected, "{document}");
        }
    }

    proptest! {
        #[test]
        fn whatever_one_block_holds_the_others_are_read(junk in prop_oneof![
            Just(json!(null)), Just(json!([])), Just(json!({})), any::<i64>().prop_map(|it| json!(it)),
            any::<String>().prop_map(|it| json!(it)), any::<String>().prop_map(|it| json!({"supported": it})),
        ]) {
            let document = json!({"filter": {"supported": true}, "patch": {"supported": false}, "sort": junk});
            let read = Capabilities::read(&document);
            prop_assert_eq!(read.patch, Some(false));
            prop_assert_eq!(read.filters(), Some(true));
        }
    }
}
