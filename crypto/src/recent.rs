//! A bounded memory of what was found out of late, by a hash or a key. It decides nothing.

use std::collections::BTreeMap;

type Name = [u8; 32];

/// The last values by name, in two generations: when the younger is full it becomes the older, and what nobody asked for since is gone.
#[derive(Debug)]
pub struct Recent<T> {
    young: BTreeMap<Name, (T, usize)>,
    old: BTreeMap<Name, (T, usize)>,
    weight: usize,
    weight_max: usize,
}

impl<T: Clone> Recent<T> {
    /// Nothing yet. Each generation holds values of `weight_max` together, and one at least.
    #[must_use]
    pub const fn new(weight_max: usize) -> Self {
        Self { young: BTreeMap::new(), old: BTreeMap::new(), weight: 0, weight_max }
    }

    /// The value by this name, if it was not forgotten; it then counts as young again.
    pub fn get(&mut self, name: &Name) -> Option<T> {
        if let Some((value, _)) = self.young.get(name) {
            return Some(value.clone());
        }
        let (value, weight) = self.old.remove(name)?;
        self.insert(*name, value.clone(), weight);
        Some(value)
    }

    /// Remembers a value.
    pub fn insert(&mut self, name: Name, value: T, weight: usize) {
        if self.weight.saturating_add(weight) > self.weight_max {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight = self.weight.saturating_add(weight);
        self.young.insert(name, (value, weight));
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_asked_for_stays() {
        let mut recent = Recent::new(4);
        for number in 0..100 {
            recent.insert([number; 32], number, 2);
            assert_eq!(recent.get(&[0; 32]), Some(0), "asked for each time");
            assert!(recent.young.len() + recent.old.len() <= 4);
        }
        assert_eq!(recent.get(&[50; 32]), None);
    }
}
