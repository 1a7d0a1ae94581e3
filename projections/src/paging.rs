//! Pages of lists: queries ask for one row more than the page holds, to see whether there is a next.

/// Counting stops here: nobody turns so many pages, and counting a million rows costs more than any
/// page of them.
pub const COUNTED: i64 = 1_000;

/// How many rows match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    pub rows: i64,
    /// `false`: there are more than that.
    pub is_exact: bool,
}

impl Total {
    pub(crate) fn exact(rows: i64) -> Self {
        Self { rows, is_exact: true }
    }

    /// What was counted, up to one more than `most`.
    pub(crate) fn up_to(most: i64, counted: i64) -> Self {
        Self { rows: counted.min(most), is_exact: counted <= most }
    }
}

/// Cuts the surplus row off. Returns the last row of the page where another page follows.
pub(crate) fn cut<T>(rows: &mut Vec<T>, limit: u32) -> Option<&T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last()
}
