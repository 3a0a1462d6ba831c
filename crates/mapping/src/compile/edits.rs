//! Changes to a text that remember where everything came from.

/// One change: at the byte `at`, `remove` bytes give way to `insert`. Neither holds a line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) at: usize,
    pub(crate) remove: usize,
    pub(crate) insert: String,
}

/// A changed text with its changes.
#[derive(Debug)]
pub(crate) struct Edits {
    changes: Vec<Edit>,
    /// Byte offset of each line of the changed text.
    starts: Vec<usize>,
    text: String,
}

impl Edits {
    /// Applies `changes` to `original`. Where several stand at one place, insertions come before what removes,
    /// and otherwise the order in which they were made holds.
    pub(crate) fn apply(original: &str, mut changes: Vec<Edit>) -> Self {
        changes.sort_by_key(|edit| (edit.at, edit.remove > 0));
        let mut text = String::with_capacity(original.len() + changes.len() * 16);
        let mut done = 0;
        for edit in &changes {
            text.push_str(original.get(done..edit.at).unwrap_or_default());
            text.push_str(&edit.insert);
            done = done.max(edit.at + edit.remove);
        }
        text.push_str(original.get(done..).unwrap_or_default());
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { changes, starts, text }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The offset in the original of a place in the changed text, counted from 1, the column in characters.
    pub(crate) fn origin(&self, line: u32, column: u32) -> Option<usize> {
        let start = *self.starts.get(usize::try_from(line).ok()?.checked_sub(1)?)?;
        let rest = self.text.get(start..)?;
        let column = usize::try_from(column).ok()?.saturating_sub(1);
        let within = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
        Some(self.back(start + within))
    }

    fn back(&self, offset: usize) -> usize {
        // What the changes so far have put in and taken out.
        let (mut put, mut taken) = (0, 0);
        for edit in &self.changes {
            let begins = edit.at + put - taken;
            if offset < begins {
                break;
            }
            if offset < begins + edit.insert.len() {
                return edit.at;
            }
            put += edit.insert.len();
            taken += edit.remove;
        }
        offset + taken - put
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kept_character_finds_its_origin() {
        let original = "ab = x.first()\ncd % e";
        let edits = vec![
            Edit { at: 5, remove: 0, insert: "_q(".into() },
            Edit { at: 6, remove: 7, insert: ",".into() },
            Edit { at: 15, remove: 0, insert: "_m(".into() },
            Edit { at: 18, remove: 1, insert: ",".into() },
            Edit { at: 21, remove: 0, insert: ")".into() },
        ];
        let edits = Edits::apply(original, edits);
        assert_eq!(edits.text(), "ab = _q(x,)\n_m(cd , e)");
        for (line, column, expected) in
            [(1, 1, 0), (1, 9, 5), (1, 11, 13), (2, 4, 15), (2, 5, 16), (2, 9, 20)]
        {
            assert_eq!(edits.origin(line, column), Some(expected), "{line}:{column}");
        }
        assert_eq!(edits.origin(3, 1), None);
    }
}
