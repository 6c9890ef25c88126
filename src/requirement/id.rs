//! Requirement ids: `rfc1939-6-1`, `rfc1939-7-L7`, `rfc5321-4.5.2-R1`, `house-…`.

use std::fmt;

/// The frozen name of one rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RequirementId(String);

impl RequirementId {
    /// An id as written; whether the ledger knows it is the ledger's affair.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether no RFC decides this rule; it never fails a foreign server.
    #[must_use]
    pub fn is_house(&self) -> bool {
        self.0.starts_with("house-")
    }

    /// The number of the RFC; none for a house rule.
    #[must_use]
    pub fn rfc(&self) -> Option<u32> {
        self.0.strip_prefix("rfc")?.split('-').next()?.parse().ok()
    }

    /// The section of the RFC, as `4.5.2`; none for a house rule.
    #[must_use]
    pub fn section(&self) -> Option<&str> {
        let (_, rest) = self.0.strip_prefix("rfc")?.split_once('-')?;
        rest.rsplit_once('-').map(|(section, _)| section)
    }

    /// Whether it has the shape of an id: RFC, section and number within it, or `house-` and words.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        if let Some(words) = self.0.strip_prefix("house-") {
            let word = |word: &str| {
                !word.is_empty()
                    && word.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit())
            };
            return words.split('-').all(word);
        }
        let number = |text: &str| {
            let text = ["opt", "L", "R"].iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text);
            let digits = text.strip_suffix(|last: char| last.is_ascii_lowercase()).unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit())
        };
        let section = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
        };
        self.rfc().is_some()
            && self.section().is_some_and(section)
            && self.0.rsplit_once('-').is_some_and(|(_, last)| number(last))
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_rfc_and_section() {
        let id = RequirementId::new("rfc5321-4.5.2-R1");
        assert_eq!((id.rfc(), id.section()), (Some(5321), Some("4.5.2")));
        let house = RequirementId::new("house-store-durable");
        assert_eq!((house.rfc(), house.section(), house.is_house()), (None, None, true));
    }

    #[test]
    fn the_shape_of_an_id_is_known() {
        for good in ["rfc1939-6-1", "rfc1939-7-L7", "rfc5321-4.5.2-R1b", "rfc2449-A-opt2", "house-a-b2"] {
            assert!(RequirementId::new(good).is_well_formed(), "{good}");
        }
        for bad in
            ["rfc1939", "rfc1939-6", "rfc1939-6-", "rfc1939-6-x", "1939-6-1", "house-", "house-A", "rfc-6-1"]
        {
            assert!(!RequirementId::new(bad).is_well_formed(), "{bad}");
        }
    }
}
