//! Numbers and hashes, taken off the bytes that a fuzzer makes up. Zeros follow where they end.

use eventlog::Hash;

pub(super) struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        let (now, later) = self.0.split_at(N.min(self.0.len()));
        taken[..now.len()].copy_from_slice(now);
        self.0 = later;
        taken
    }

    pub fn byte(&mut self) -> u8 {
        u8::from_le_bytes(self.take())
    }

    pub fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    /// Below `end`, which is at least 1; for places of at most 65,536.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(u16::from_le_bytes(self.take())) % end
    }

    /// Below `end`, which is at least 1.
    pub fn number_below(&mut self, end: u64) -> u64 {
        u64::from(u16::from_le_bytes(self.take())) % end
    }

    pub fn hash(&mut self) -> Hash {
        self.take()
    }
}
