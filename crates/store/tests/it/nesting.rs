//! Members of groups that have others below them.

use scimitar_domain::{GroupFields, GroupId, LinkId, NestedGroups, Provider, UserPk};
use scimitar_store::groups;
use scimitar_store::members::{self, Delta, PendingDelta};

use crate::setting::{Setting, at};
use crate::world::execute;

/// `top` with Ada over `low` with Bea, all linked.
struct Tree {
    setting: Setting,
    provider: Provider,
    top: GroupId,
    low: GroupId,
    bea: UserPk,
    /// Of `top`, `low`, Ada and Bea.
    links: [LinkId; 4],
}

impl Tree {
    fn new(nesting: NestedGroups) -> Self {
        let setting = Setting::new();
        let provider = setting.provider_with("app", |fields| fields.nested_groups = nesting);
        let (ada, bea) = (setting.user("ada"), setting.user("bea"));
        let (top, low) = (setting.group("top", &[ada]), setting.group("low", &[bea]));
        let links = [
            setting.link(&provider, top, "t"),
            setting.link(&provider, low, "l"),
            setting.link(&provider, ada, "a"),
            setting.link(&provider, bea, "b"),
        ];
        let tree = Self { setting, provider, top, low, bea, links };
        tree.put(low, &[top]);
        tree.acknowledge(&[links[2]], &[]);
        tree
    }

    fn put(&self, group: GroupId, parents: &[GroupId]) {
        let parents = parents.to_vec();
        self.setting.run(move |conn| {
            let fields = GroupFields { parents: parents.clone(), ..groups::get(conn, group)?.fields };
            groups::update(conn, group, &fields, None, at(1))
        });
    }

    /// Everything that is pending at `top` is looked at with it.
    fn acknowledge(&self, added: &[LinkId], removed: &[LinkId]) {
        let (link, added, removed) = (self.links[0], added.to_vec(), removed.to_vec());
        let looked_at = self.pending().looked_at;
        self.setting.run(move |conn| members::acknowledge(conn, link, &added, &removed, &looked_at));
    }

    fn mark_difference(&self) {
        let (provider, group) = (self.provider.pk, self.top);
        self.setting.run(move |conn| members::mark_difference(conn, provider, group));
    }

    fn pending(&self) -> PendingDelta {
        let (provider, group) = (self.provider.pk, self.top);
        self.setting.run(move |conn| members::pending(conn, provider, group, 9))
    }

    fn difference(&self) -> [Vec<String>; 2] {
        let (provider, group) = (self.provider.pk, self.top);
        ids(self.setting.run(move |conn| members::difference(conn, provider, group, 9)))
    }

    fn children(&self) -> [Vec<String>; 2] {
        let (provider, group) = (self.provider.pk, self.top);
        ids(self.setting.run(move |conn| members::difference_of_children(conn, provider, group, 9)))
    }
}

/// Who joins and who leaves, as the remote calls them.
fn ids(delta: Delta) -> [Vec<String>; 2] {
    [delta.add, delta.remove].map(|members| members.into_iter().map(|member| member.remote_id).collect())
}

fn nobody() -> [Vec<String>; 2] {
    [vec![], vec![]]
}

#[test]
fn those_below_are_members_where_groups_are_flattened_and_nowhere_else() {
    for nesting in NestedGroups::ALL {
        let tree = Tree::new(nesting);
        let joins = if nesting == NestedGroups::Flattened { vec!["b".to_owned()] } else { vec![] };
        assert_eq!(tree.difference(), [joins, vec![]], "{nesting:?}");
        let joins = if nesting == NestedGroups::Members { vec!["l".to_owned()] } else { vec![] };
        assert_eq!(tree.children(), [joins, vec![]], "{nesting:?}");
    }
}

#[test]
fn what_differs_is_marked_and_what_is_being_sent_is_looked_at_again() {
    let tree = Tree::new(NestedGroups::Flattened);
    tree.mark_difference();
    let sending = tree.pending();
    assert_eq!(ids(sending.delta.clone()), [vec!["b".to_owned()], vec![]]);

    // Meanwhile the group below is taken away, and Bea is not acknowledged yet: nothing differs.
    tree.put(tree.low, &[]);
    assert_eq!(tree.difference(), nobody());
    tree.mark_difference();
    let (link, bea) = (tree.links[0], tree.links[3]);
    tree.setting.run(move |conn| members::acknowledge(conn, link, &[bea], &[], &sending.looked_at));
    assert_eq!(ids(tree.pending().delta), [vec![], vec!["b".to_owned()]]);

    tree.acknowledge(&[], &[bea]);
    tree.mark_difference();
    assert_eq!(tree.pending(), PendingDelta::default());
}

#[test]
fn a_group_that_the_remote_does_not_have_is_marked_nothing_of() {
    let tree = Tree::new(NestedGroups::Flattened);
    let (provider, fresh) = (tree.provider.pk, tree.setting.group("fresh", &[tree.bea]));
    tree.setting.run(move |conn| members::mark_difference(conn, provider, fresh));
    assert_eq!(
        tree.setting.run(move |conn| members::pending(conn, provider, fresh, 9)),
        PendingDelta::default()
    );
}

#[test]
fn a_group_that_was_announced_as_member_is_sent_again_or_taken_back() {
    let tree = Tree::new(NestedGroups::Members);
    let ([top, low, ..], sent) = (tree.links, [vec!["l".to_owned()], vec![]]);
    assert_eq!(tree.children(), sent);
    tree.setting.run(move |conn| members::announce_children(conn, top, &[low]));
    assert_eq!(tree.children(), sent, "the remote may not have it");
    tree.put(tree.low, &[]);
    let taken_back = [vec![], vec!["l".to_owned()]];
    assert_eq!(tree.children(), taken_back, "the remote may have it");
    tree.setting.run(move |conn| members::acknowledge_children(conn, top, &[low], &[]));
    assert_eq!(tree.children(), taken_back);
    tree.setting.run(move |conn| members::announce_children(conn, top, &[low]));
    tree.put(tree.low, &[tree.top]);
    assert_eq!(tree.children(), sent, "the remote may not have it any more");
    tree.setting.run(move |conn| members::acknowledge_children(conn, top, &[low], &[]));
    assert_eq!(tree.children(), nobody());

    let user = tree.links[3];
    tree.setting.run(move |conn| members::acknowledge_children(conn, top, &[], &[low]));
    tree.setting.run(move |conn| members::acknowledge(conn, top, &[user], &[], &[]));
    assert_eq!(tree.children(), sent, "users and groups are told apart");
}

#[test]
fn a_circle_in_the_data_is_read_once() {
    let tree = Tree::new(NestedGroups::Flattened);
    // What two replicas could do at the same moment.
    tree.setting.run(|conn| {
        execute(
            conn,
            "INSERT INTO group_parents (group_id, parent_id) \
             SELECT a.id, b.id FROM groups AS a, groups AS b WHERE a.name = 'top' AND b.name = 'low'",
        )
    });
    assert_eq!(tree.difference(), [vec!["b".to_owned()], vec![]]);
    tree.mark_difference();
    assert_eq!(ids(tree.pending().delta), [vec!["b".to_owned()], vec![]]);
    let (top, low) = (tree.top, tree.low);
    let above = tree.setting.run(move |conn| groups::all_above(conn, &[low]));
    assert_eq!(above.into_iter().collect::<std::collections::BTreeSet<_>>(), [(low, top), (low, low)].into());
}
