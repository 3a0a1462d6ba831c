//! Trying a property mapping on one object, for people who want to see what it gives.

use scimitar_domain::{Group, GroupId, Mapping, UserPk};
use scimitar_mapping::{Answer, Expression, MappingError, Person, ProviderView, Scope, Subject, Team};
use scimitar_store::{StoreError, groups, users};
use serde_json::Value;

use crate::engine::Engine;
use crate::error::SyncError;
use crate::view::{self, Memberships};

/// What the mapping is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialSubject {
    /// A user who is nobody.
    Blank,
    User(UserPk),
    Group(GroupId),
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub enum Trial {
    /// What the mapping returned.
    Value(Value),
    /// It gave nothing, for a reason that its author can act on.
    Failed(String),
}

impl Engine {
    /// Run one mapping in the sandbox, under the limits that hold for syncs. Nothing is sent or stored.
    ///
    /// A subject that does not exist is [`StoreError::NotFound`].
    pub async fn try_mapping(&self, mapping: Mapping, subject: TrialSubject) -> Result<Trial, SyncError> {
        let subject = self.trial_subject(subject).await?;
        let expression = Expression {
            id: mapping.id.0.to_string(),
            version: mapping.version,
            name: mapping.fields.name,
            source: mapping.fields.expression.into(),
        };
        let scope = Scope { subject, provider: ProviderView::default(), connection: None };
        match self.parts().mappings.evaluate_one(expression, scope).await {
            Ok(Answer::Value(value)) => Ok(Trial::Value(value)),
            Ok(Answer::Skip) => Ok(Trial::Failed("the mapping skips this object".to_owned())),
            Err(error @ (MappingError::Stopped | MappingError::Thread(_))) => Err(SyncError::Mapping(error)),
            Err(
                error @ (MappingError::Failed { .. }
                | MappingError::LimitExceeded { .. }
                | MappingError::NotAnObject { .. }
                | MappingError::NotJson { .. }
                | MappingError::Overloaded),
            ) => Ok(Trial::Failed(error.to_string())),
        }
    }

    async fn trial_subject(&self, subject: TrialSubject) -> Result<Subject, StoreError> {
        let install = self.parts().install;
        let pk = match subject {
            TrialSubject::Blank => return Ok(Subject::User(blank())),
            TrialSubject::Group(id) => return self.trial_group(id).await.map(Subject::Group),
            TrialSubject::User(pk) => pk,
        };
        let load = self.parts().store.read(move |conn| {
            let user = users::get(conn, pk)?;
            let memberships = Memberships::load(conn, &[pk])?;
            Ok::<_, StoreError>(view::person(&user, install, &memberships))
        });
        load.await.map(Subject::User)
    }

    async fn trial_group(&self, id: GroupId) -> Result<Team, StoreError> {
        let load = self.parts().store.read(move |conn| {
            let group = groups::get(conn, id)?;
            let parent: Vec<Group> = match group.fields.parent {
                Some(parent) => groups::find_many(conn, &[parent])?,
                None => Vec::new(),
            };
            Ok::<_, StoreError>(view::team(&group, parent.into_iter().next().map(|it| it.fields.name)))
        });
        load.await
    }
}

/// Nobody: every field is there and says nothing.
fn blank() -> Person {
    Person { is_active: true, kind: "internal".to_owned(), path: "users".to_owned(), ..Person::default() }
}
