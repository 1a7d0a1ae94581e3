//! Which versions of a stream a caller is willing to change (`If-Match`).

/// Any version, or one of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected(Option<Vec<i64>>);

impl Expected {
    pub fn any() -> Self {
        Self(None)
    }

    pub fn one_of(versions: Vec<i64>) -> Self {
        Self(Some(versions))
    }

    pub fn allows(&self, version: i64) -> bool {
        self.0.as_ref().is_none_or(|versions| versions.contains(&version))
    }
}
