//! `ledgerline openapi`: the document that is committed as `docs/openapi.json`.

use super::CliError;

pub(super) fn run() -> Result<(), CliError> {
    println!("{}", document()?);
    Ok(())
}

/// The document as it is committed: indented, with a line feed at its end added by whoever prints.
pub fn document() -> Result<String, CliError> {
    crate::http::openapi()
        .to_pretty_json()
        .map_err(|error| CliError::Failed(format!("the document does not serialise: {error}")))
}
