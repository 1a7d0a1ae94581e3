//! Pages of lists: queries ask for one row more than the page holds, to see whether there is a next.

/// Cuts the surplus row off. Returns the last row of the page where another page follows.
pub(crate) fn cut<T>(rows: &mut Vec<T>, limit: u32) -> Option<&T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last()
}
