//! reports/benchmarks.md: each part between marks, replaced when it is run again.

use std::fs;
use std::path::Path;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/benchmarks.md");

/// Puts a part where it stood before, or at the end.
pub(crate) fn put(name: &str, text: &str) {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let part = format!("{open}{text}\n{close}");
    let old = fs::read_to_string(FILE).unwrap_or_else(|_| "# Benchmarks\n\n".to_owned());
    let new = match (old.find(&open), old.find(&close)) {
        (Some(from), Some(to)) => format!("{}{part}{}", &old[..from], &old[to + close.len()..]),
        _ => format!("{old}\n{part}"),
    };
    fs::create_dir_all(Path::new(FILE).parent().unwrap()).unwrap();
    fs::write(FILE, new).unwrap();
}

/// A table in Markdown.
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn new(heads: &[&str]) -> Self {
        let rule: Vec<&str> =
            heads.iter().enumerate().map(|(n, _)| if n == 0 { "---" } else { "---:" }).collect();
        Self(format!("| {} |\n| {} |\n", heads.join(" | "), rule.join(" | ")))
    }

    pub(crate) fn row(&mut self, cells: &[String]) {
        eprintln!("{}", cells.join("  "));
        self.0.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    pub(crate) fn text(self) -> String {
        self.0
    }
}

/// A rate as people read it.
pub(crate) fn rate(value: f64) -> String {
    match value {
        value if value >= 100_000.0 => format!("{:.0} k", value / 1000.0),
        value if value >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}

pub(crate) fn ratio(ours: f64, theirs: Option<f64>) -> String {
    theirs.map_or_else(|| "–".to_owned(), |theirs| format!("{:.1}", ours / theirs))
}
