//! Waiting for what happens in the background: always for a condition, never for longer than a bound.

use std::time::{Duration, Instant};

/// Far longer than anything takes on a busy machine; a test that gets here has failed.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks until there is an answer, and returns it.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
