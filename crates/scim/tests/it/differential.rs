//! Filters and patches as others understand them. What we disagree about is judged by the RFC in
//! `../corpus/judgements.toml`; a disagreement without a judgement fails, and so does a judgement without one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{filters, patches};

/// What `cargo xtask differential` has written down. `null` is a refusal.
#[derive(Debug, Deserialize)]
struct Answers {
    #[serde(default)]
    filters: BTreeMap<String, Option<Vec<String>>>,
    #[serde(default)]
    patches: BTreeMap<String, Option<Map<String, Value>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Judgements {
    judgement: Vec<Judgement>,
}

/// Why we answer in another way than a peer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Judgement {
    peer: String,
    #[serde(default)]
    filters: Vec<String>,
    #[serde(default)]
    patches: Vec<String>,
    /// What the peer does, and what the RFC says of it.
    because: String,
}

type Disagreement = (String, &'static str, String);

#[test]
fn every_disagreement_with_a_peer_is_judged() {
    let peers: BTreeMap<String, Answers> =
        serde_json::from_str(include_str!("../corpus/peers.json")).expect("answers");
    let judgements: Judgements =
        toml::from_str(include_str!("../corpus/judgements.toml")).unwrap_or_else(|error| panic!("{error}"));
    let (ours_filters, ours_patches) = (filters::answers(), patches::answers());
    let mut found: BTreeSet<Disagreement> = BTreeSet::new();
    let mut n_compared = 0;
    let mut words = Vec::new();
    for (peer, answers) in &peers {
        for (name, theirs) in &answers.filters {
            let ours = ours_filters.get(name).unwrap_or_else(|| panic!("`{name}` is no case any more"));
            n_compared += 1;
            if ours != theirs {
                found.insert((peer.clone(), "filter", name.clone()));
                words.push(format!("{peer}: filter {name}\n   ours   {ours:?}\n   theirs {theirs:?}"));
            }
        }
        for (name, theirs) in &answers.patches {
            let ours = ours_patches.get(name).unwrap_or_else(|| panic!("`{name}` is no case any more"));
            let theirs = theirs.as_ref().map(|theirs| patches::comparable(theirs.clone()));
            n_compared += 1;
            if *ours != theirs {
                found.insert((peer.clone(), "patch", name.clone()));
                words.push(format!("{peer}: patch {name}\n   ours   {ours:?}\n   theirs {theirs:?}"));
            }
        }
    }
    let judged = judged(&judgements.judgement);
    let unjudged: Vec<_> = words
        .iter()
        .filter(|it| {
            !judged.iter().any(|(peer, kind, name)| it.starts_with(&format!("{peer}: {kind} {name}\n")))
        })
        .collect();
    assert!(unjudged.is_empty(), "{} without judgement\n{}", unjudged.len(), join(&unjudged));
    let settled: Vec<_> = judged.difference(&found).collect();
    assert!(settled.is_empty(), "nobody disagrees any more: {settled:?}");
    assert!(n_compared >= 700, "only {n_compared} answers were compared");
}

fn join(lines: &[&String]) -> String {
    lines.iter().map(|line| line.as_str()).collect::<Vec<_>>().join("\n")
}

fn judged(judgements: &[Judgement]) -> BTreeSet<Disagreement> {
    let mut judged = BTreeSet::new();
    for judgement in judgements {
        assert!(judgement.because.contains("RFC"), "a judgement is by the RFC: {}", judgement.because);
        let filters = judgement.filters.iter().map(|name| ("filter", name));
        for (kind, name) in filters.chain(judgement.patches.iter().map(|name| ("patch", name))) {
            let is_new = judged.insert((judgement.peer.clone(), kind, name.clone()));
            assert!(is_new, "{}: {name} is judged twice", judgement.peer);
        }
    }
    judged
}
