//! Judging expectations fail when the server says something else: of a few suites of each kind, since
//! all of them take minutes (`mailspec prove --replies`).

use std::path::PathBuf;
use std::sync::Arc;

use mailspec::prove::replies::prove_replies;
use mailspec::run::{Options, Plan, Selection};

const SAMPLE: [&str; 8] = [
    "smtp/data",
    "lmtp",
    "pop3/transaction",
    "pop3/update",
    "imap/select",
    "imap/uid",
    "imap/expunge",
    "mime/structure",
];

#[tokio::test(flavor = "multi_thread")]
async fn each_judging_expectation_of_the_sample_fails_when_a_reply_is_altered() {
    let library = mailspec::script::built_in().unwrap();
    let ledger = Arc::clone(&library.ledger);
    let options = Options::new(move |id| ledger.level(id));
    let selection =
        Selection { names: SAMPLE.iter().map(|&name| name.to_owned()).collect(), ..Selection::default() };
    let plan = Plan::new(library.suites.into_iter().map(Arc::new), &selection).unwrap();
    let program = Some(PathBuf::from(env!("CARGO_BIN_EXE_mailspec")));
    let report = prove_replies(&plan, &options, program).await.unwrap();
    assert!(report.unusable.is_empty(), "{:?}", report.unusable);
    let blind: Vec<String> = report.blind().map(|tried| tried.judging.site.to_string()).collect();
    assert!(blind.is_empty(), "these notice nothing: {blind:#?}");
    let reached = report.reached().count();
    assert!(reached >= 150, "only {reached} expectations were come to");
}
