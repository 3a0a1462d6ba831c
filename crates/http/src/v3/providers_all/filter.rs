//! Which providers a list is narrowed down to.

use scimitar_store::providers::AnyProviderFilter;

use crate::params::Params;

pub(super) fn read(params: &Params) -> AnyProviderFilter {
    AnyProviderFilter {
        is_without_application: params.flag("application__isnull"),
        is_backchannel: params.flag("backchannel"),
    }
}
