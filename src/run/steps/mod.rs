//! What each step does; one file a step kind.

mod alternatives;
mod branches;
mod check;
mod closing;
mod compress;
mod condition;
mod eventually;
mod hop;
mod lifecycle;
mod looping;
mod opening;
mod sending;
mod served;
mod starttls;
mod talk;

use std::future::Future;
use std::pin::Pin;

use super::halt::Halt;
use super::stage::Stage;
use crate::script::model::{Action, Step};

/// Does one step.
///
/// # Errors
/// What ends the case.
pub(crate) async fn play(stage: &mut Stage, step: &Step) -> Result<(), Halt> {
    stage.evidence.come_to(step.span);
    if !condition::hold(stage, step)? {
        return Ok(());
    }
    stage.evidence.arrive(step.span);
    if step.action.inner().is_empty() && !step.laws().is_empty() {
        stage.evidence.set_judged(true);
    }
    match &step.action {
        Action::Connect(open) => opening::connect(stage, step, open).await,
        Action::Greet(open) => opening::greet(stage, step, open).await,
        Action::Login(open) => opening::login(stage, step, open).await,
        Action::Talk(talk) => talk::talk(stage, step, talk).await,
        Action::Data(data) => sending::data(stage, step, data).await,
        Action::Send(send) => sending::send(stage, step, send).await,
        Action::Sasl(sasl) => talk::sasl::authenticate(stage, step, sasl).await,
        Action::StartTls(how, wish) => starttls::start_tls(stage, step, *how, wish.as_ref()).await,
        Action::Compress(how) => compress::compress(stage, step, *how).await,
        Action::HalfClose => closing::half_close(stage, step).await,
        Action::Drop => closing::drop_connection(stage, step).await,
        Action::Reset => closing::reset(stage, step).await,
        Action::Closed(law) => closing::closed(stage, step, law.as_ref()).await,
        Action::Silence { time, law } => closing::silence(stage, step, *time, law.as_ref()).await,
        Action::Pause(time) => {
            let until = stage.wait(*time).deadline;
            let _waiting = stage.only_waits();
            tokio::time::sleep_until(until.into()).await;
            Ok(())
        }
        Action::Hop(action) => hop::play(stage, step, action).await,
        Action::EventuallyMailbox(wait) => eventually::mailbox(stage, step, wait).await,
        Action::EventuallySteps(steps) => eventually::steps(stage, step, steps).await,
        Action::Check(check) => check::check(stage, check),
        Action::Let(bindings) => bind(stage, bindings),
        Action::Restart => lifecycle::restart(stage, crate::script::model::Lifecycle::Restart).await,
        Action::Kill => lifecycle::restart(stage, crate::script::model::Lifecycle::Kill).await,
        Action::Steps(steps) => play_all(stage, steps).await,
        Action::Use { block, steps } => {
            let (file, span) = stage.suite.source.resolve(step.span);
            let place = format!("{}:{}", file.path().display(), file.location(span.start).line);
            looping::inside(stage, format!("the block `{block}`, used at {place}"), steps).await
        }
        Action::Repeat { times, bind, steps } => looping::repeat(stage, *times, bind.as_deref(), steps).await,
        Action::For { bind, values, steps } => looping::each(stage, bind, values, steps).await,
        Action::Together(branches) => branches::together(stage, branches).await,
        Action::AnyOf(alternatives) => alternatives::any_of(stage, step, alternatives).await,
    }
}

/// Does steps in order, from within a step: boxed, since steps hold steps.
pub(crate) fn play_all<'a>(
    stage: &'a mut Stage,
    steps: &'a [Step],
) -> Pin<Box<dyn Future<Output = Result<(), Halt>> + Send + 'a>> {
    Box::pin(async move {
        for step in steps {
            play(stage, step).await?;
        }
        Ok(())
    })
}

/// `let`.
pub(crate) fn bind(stage: &mut Stage, bindings: &[crate::script::model::Binding]) -> Result<(), Halt> {
    for binding in bindings {
        let value = stage.value(&binding.value)?;
        stage.bindings.set(binding.name.clone(), value);
    }
    Ok(())
}
