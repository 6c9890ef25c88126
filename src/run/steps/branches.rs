//! `together`: branches of a case at once, each with connections and variables of its own.
//!
//! They share one task: what waits for the network lets the others go on.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use super::play_all;
use crate::run::halt::Halt;
use crate::run::stage::Stage;
use crate::script::model::Step;

type Playing<'a> = Pin<Box<dyn Future<Output = Result<(), Halt>> + Send + 'a>>;

/// Plays all branches until the last has ended or the first has failed.
pub(super) async fn together(stage: &mut Stage, branches: &[Vec<Step>]) -> Result<(), Halt> {
    let base = stage.bindings.clone();
    let mut stages: Vec<Stage> = branches
        .iter()
        .map(|steps| stage.branch(&connections(steps).into_iter().collect::<Vec<_>>()))
        .collect();
    let playing = stages.iter_mut().zip(branches).map(|(stage, steps)| play_all(stage, steps));
    let result = all(playing.collect()).await;
    for branch in stages {
        stage.rejoin(branch, &base);
    }
    result
}

/// The connections that steps are about.
fn connections(steps: &[Step]) -> BTreeSet<&str> {
    fn gather<'a>(steps: &'a [Step], found: &mut BTreeSet<&'a str>) {
        for step in steps {
            found.extend(step.connection());
            for inner in step.action.inner() {
                gather(inner, found);
            }
        }
    }
    let mut found = BTreeSet::new();
    gather(steps, &mut found);
    found
}

/// Waits for all; the first that fails decides, and the others go no further.
async fn all(mut playing: Vec<Playing<'_>>) -> Result<(), Halt> {
    poll_fn(|context| {
        let mut failed = None;
        playing.retain_mut(|branch| match branch.as_mut().poll(context) {
            _ if failed.is_some() => true,
            Poll::Pending => true,
            Poll::Ready(Ok(())) => false,
            Poll::Ready(Err(halt)) => {
                failed = Some(halt);
                false
            }
        });
        match failed {
            Some(halt) => Poll::Ready(Err(halt)),
            None if playing.is_empty() => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn after(milliseconds: u64, result: Result<(), Halt>) -> Playing<'static> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            result
        })
    }

    #[tokio::test]
    async fn the_first_that_fails_decides_and_nobody_waits_for_the_others() {
        let error = |text: &str| Err(Halt::Error(text.to_owned()));
        assert_eq!(all(vec![after(1, Ok(())), after(2, Ok(()))]).await, Ok(()));
        assert_eq!(all(Vec::new()).await, Ok(()));
        let branches = vec![after(600_000, Ok(())), after(2, error("first")), after(600_000, error("late"))];
        assert_eq!(all(branches).await, error("first"));
    }
}
