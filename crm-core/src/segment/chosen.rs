//! Some of the rows of a block.

use super::lloyd::BLOCK;

/// What is noted of some rows of a block, of each at most once.
pub(super) struct Chosen<T> {
    items: Box<[T; BLOCK]>,
    count: usize,
}

impl<T: Copy> Chosen<T> {
    pub(super) fn new(item: T) -> Self {
        Self { items: Box::new([item; BLOCK]), count: 0 }
    }

    /// Takes an item if it is `chosen`: without a branch, which the processor would often guess wrong.
    #[inline(always)]
    pub(super) fn choose(&mut self, item: T, chosen: bool) {
        // There are at most as many as rows.
        self.items[self.count % BLOCK] = item;
        self.count += usize::from(chosen);
    }

    /// Leaves only the items that are to be kept.
    #[inline(always)]
    pub(super) fn retain(&mut self, mut keep: impl FnMut(T) -> bool) {
        let count = std::mem::take(&mut self.count);
        for place in 0..count {
            let item = self.items[place % BLOCK];
            self.choose(item, keep(item));
        }
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items[..self.count]
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
    }
}
