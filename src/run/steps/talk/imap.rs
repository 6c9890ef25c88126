//! Conversations in IMAP.

use crate::run::halt::Halt;
use crate::run::stage::Stage;
use crate::script::model::{Exchange, Step};
use crate::target::Account;

const MISSING: &str = "IMAP conversations are not built yet";

pub(super) async fn exchange(_stage: &mut Stage, _step: &Step, _exchange: &Exchange) -> Result<(), Halt> {
    Err(Halt::Error(MISSING.to_owned()))
}

pub(in crate::run::steps) async fn greeting(
    _stage: &mut Stage,
    _step: &Step,
    _name: &str,
) -> Result<(), Halt> {
    Err(Halt::Error(MISSING.to_owned()))
}

pub(in crate::run::steps) async fn login(
    _stage: &mut Stage,
    _step: &Step,
    _name: &str,
    _account: &Account,
) -> Result<(), Halt> {
    Err(Halt::Error(MISSING.to_owned()))
}

pub(in crate::run::steps) async fn command(
    _stage: &mut Stage,
    _step: &Step,
    _name: &str,
    _line: &str,
) -> Result<(), Halt> {
    Err(Halt::Error(MISSING.to_owned()))
}
