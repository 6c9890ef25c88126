//! That tables of the examples that RFCs print are complete. Not for the examples: they stand beside their
//! table, in a protocol's `tests/known/`.

use std::collections::BTreeSet;

/// Holds that each file with the examples of an RFC is in a row of its protocol's table, and that each file
/// in a row exists.
pub(crate) fn each_file_is_in_a_row(protocol: &str, in_rows: impl IntoIterator<Item = &'static str>) {
    let folder = format!("{}/src/{protocol}/tests/known", env!("CARGO_MANIFEST_DIR"));
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name.starts_with("rfc"))
        .collect();
    let in_rows: BTreeSet<String> = in_rows.into_iter().map(str::to_owned).collect();
    assert_eq!(files, in_rows);
}
