//! How the objects of a stage are cut into pages.

/// So many pages, at the beginning of a stage, rise in size.
///
/// That many of one provider are under way together. Were they of one size, they would end together too, and nothing
/// would be at the remote while the next ones are read and mapped.
const RISING: usize = 8;

/// Cuts pages of `size` objects.
#[derive(Debug)]
pub(crate) struct Pages {
    size: usize,
    n_cut: usize,
}

impl Pages {
    pub(crate) fn of(size: usize) -> Self {
        Self { size: size.max(1), n_cut: 0 }
    }

    /// The last key of the next page, which is taken off `keys`; `None` if none are left.
    pub(crate) fn cut<K: Copy>(&mut self, keys: &mut &[K]) -> Option<K> {
        let wanted = self.size.saturating_mul(self.n_cut + 1).div_ceil(RISING).min(self.size);
        let (page, rest) = keys.split_at_checked(wanted).unwrap_or((keys, &[]));
        let last = page.last().copied()?;
        self.n_cut += 1;
        *keys = rest;
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(size: usize, n_keys: usize, expected: &[usize]) {
        let keys: Vec<usize> = (1..=n_keys).collect();
        let (mut pages, mut rest) = (Pages::of(size), keys.as_slice());
        let last: Vec<usize> = std::iter::from_fn(|| pages.cut(&mut rest)).collect();
        assert_eq!(last, expected);
    }

    #[test]
    fn the_first_pages_rise_in_size_and_all_keys_are_in_one() {
        check(80, 540, &[10, 30, 60, 100, 150, 210, 280, 360, 440, 520, 540]);
        check(100, 40, &[13, 38, 40]);
        check(1, 3, &[1, 2, 3]);
        check(0, 2, &[1, 2]);
        check(50, 0, &[]);
    }
}
